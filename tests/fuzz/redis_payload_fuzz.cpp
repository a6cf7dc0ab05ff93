// The input is a message of a room's channel, as anybody could write it into Redis. Always: what can be read has valid
// texts and JSON on one line, and comes back the same when it is written again.
#include <cstdlib>

#include "core/utf8.h"
#include "redis/payload.h"
#include "wire/json.h"

using namespace lws_chat;

namespace {

void judge(bool holds) {
  if (!holds) std::abort();
}

void judge_object(std::string_view json) {
  JsonValue value;
  judge(is_utf8(json) && read_json(json, value, 2 * kMaxJsonDepth) && value.kind == JsonKind::kObject);
  judge(json.find('\n') == std::string_view::npos && value.text.size() == json.size());
}

void judge_message(const Message& message) {
  JsonValue value;
  if (message.format == Format::kText) judge(is_utf8(message.payload));
  if (message.format == Format::kJson) judge(is_utf8(message.payload) && read_json(message.payload, value));
  if (!message.publisher.empty()) judge_object(message.publisher);
  if (!message.tags.empty()) judge_object(message.tags);
  judge(message.unix_ms >= 0);
}

bool is_same(const Message& a, const Message& b) {
  return a.payload == b.payload && a.format == b.format && a.publisher == b.publisher && a.tags == b.tags &&
         a.unix_ms == b.unix_ms && a.version == b.version && a.version_epoch == b.version_epoch;
}

// Writes what was read, and reads it again.
void judge_round(const RoomPayload& payload) {
  std::string bytes;
  switch (payload.kind) {
    case Event::Kind::kPublication: append_publication_bytes(bytes, payload.message); break;
    case Event::Kind::kJoin: append_join_bytes(bytes, payload.message.publisher); break;
    case Event::Kind::kLeave: append_leave_bytes(bytes, payload.message.publisher); break;
  }
  PayloadReader again;
  RoomPayload same;
  judge(again.read(bytes, same) && same.kind == payload.kind && is_same(same.message, payload.message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  PayloadReader reader;
  RoomPayload payload;
  for (int i = 0; i < 2; ++i) {  // what the first time left must not show the second time
    if (reader.read(bytes, payload)) {
      judge(payload.epoch.empty() || is_epoch(payload.epoch));
      judge_message(payload.message);
      judge_round(payload);
    }
    if (reader.read_entry(bytes, 7, payload)) judge_message(payload.message);
  }
  return 0;
}
