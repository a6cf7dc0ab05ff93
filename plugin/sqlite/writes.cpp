#include "sqlite/writes.h"

#include "sqlite/read_request.h"

namespace lws_chat {

Batch::Batch() = default;
Batch::~Batch() = default;

void Batch::add(Write write, const WriteTexts& texts) {
  write.place = bytes.size();
  write.epoch = static_cast<uint32_t>(texts.epoch.size());
  write.payload = static_cast<uint32_t>(texts.payload.size());
  write.publisher = static_cast<uint32_t>(texts.publisher.size());
  write.tags = static_cast<uint32_t>(texts.tags.size());
  write.version_epoch = static_cast<uint32_t>(texts.version_epoch.size());
  write.key = static_cast<uint32_t>(texts.key.size());
  messages += write.kind == Write::Kind::kAppend;
  writes.push_back(std::move(write));
  for (std::string_view text :
       {texts.epoch, texts.payload, texts.publisher, texts.tags, texts.version_epoch, texts.key})
    bytes += text;
}

WriteTexts Batch::texts(const Write& write) const {
  const char* at = bytes.data() + write.place;
  auto next = [&at](uint32_t size) {
    std::string_view text(at, size);
    at += size;
    return text;
  };
  WriteTexts texts;
  texts.epoch = next(write.epoch);
  texts.payload = next(write.payload);
  texts.publisher = next(write.publisher);
  texts.tags = next(write.tags);
  texts.version_epoch = next(write.version_epoch);
  texts.key = next(write.key);
  return texts;
}

}  // namespace lws_chat
