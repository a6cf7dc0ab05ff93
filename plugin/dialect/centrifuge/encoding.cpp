#include "dialect/centrifuge/encoding.h"

#include <algorithm>

#include "core/release.h"
#include "dialect/centrifuge/protocol.h"
#include "wire/frame.h"

namespace lws_chat {
namespace {

void append_all(std::string& text, std::initializer_list<std::string_view> parts) {
  for (std::string_view part : parts) text += part;
}

}  // namespace

bool take_command(Encoding encoding, std::string_view& message, std::string_view& command) {
  if (encoding == Encoding::kProtobuf) return take_proto(message, command);
  command = message.substr(0, message.find('\n'));
  message.remove_prefix(std::min(message.size(), command.size() + 1));
  return true;
}

void Replies::add(std::initializer_list<std::string_view> parts) {
  if (encoding_ == Encoding::kJson) {
    size_t size = 1;
    for (std::string_view part : parts) size += part.size();
    bytes_.reserve(bytes_.size() + size);
    if (!bytes_.empty()) bytes_ += '\n';
    append_all(bytes_, parts);
    return;
  }
  std::string json;
  append_all(json, parts);
  std::string reply;
  append_json_as_proto(reply, kProtoReply, json);
  std::string length;
  append_proto_length(length, reply.size());
  bytes_.reserve(bytes_.size() + length.size() + reply.size());
  bytes_.append(length).append(reply);
}

void Replies::append_to(FrameSink& frames) const { append_message(frames, Message{bytes_, format_of(encoding_)}); }

void Replies::clear() { release(bytes_); }

}  // namespace lws_chat
