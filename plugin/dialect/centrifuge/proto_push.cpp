#include "dialect/centrifuge/proto_push.h"

#include <string>

#include "dialect/centrifuge/protocol.h"
#include "wire/fossil_delta.h"
#include "wire/frame.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

uint32_t field_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kPublication: return kPushPublication;
    case Event::Kind::kJoin: return kPushJoin;
    case Event::Kind::kLeave: return kPushLeave;
  }
  return 0;
}

// The data of a message as readers get it. `made` keeps it if it is made.
std::string_view data_of(const Message& message, std::string& made) {
  if (message.format != Format::kText) return message.payload;
  append_quoted(made, message.payload);
  return made;
}

std::string publication_of(const Event& event, std::string_view patch) {
  const Message& message = event.message;
  std::string data;
  std::string bytes;
  append_proto_field(bytes, kPublicationData, patch.empty() ? data_of(message, data) : patch);
  if (message.publisher.empty() && message.tags.empty() && event.offset == 0 && patch.empty() && message.version == 0)
    return bytes;
  // Protobuf does not mind in how many parts a message's fields come.
  std::string json = "{";
  if (!message.publisher.empty()) json.append("\"info\":").append(message.publisher).append(",");
  if (!message.tags.empty()) json.append("\"tags\":").append(message.tags).append(",");
  if (!patch.empty()) json += "\"delta\":true,";
  if (message.version > 0) json.append("\"version\":").append(std::to_string(message.version)).append(",");
  json.append("\"offset\":").append(std::to_string(event.offset)).append("}");
  append_json_as_proto(bytes, kProtoPublication, json);
  return bytes;
}

std::string joiner_of(const Event& event) {
  std::string info;
  append_json_as_proto(info, kProtoClientInfo, event.message.publisher);
  std::string bytes;
  append_proto_field(bytes, kJoinInfo, info);
  return bytes;
}

void append_push_with(FrameSink& sink, const Event& event, std::string_view patch) {
  bool publication = event.kind == Event::Kind::kPublication;
  std::string push;
  append_proto_field(push, kPushChannel, event.room);
  append_proto_field(push, field_of(event.kind), publication ? publication_of(event, patch) : joiner_of(event));
  std::string reply;
  append_proto_field(reply, kReplyPush, push);
  std::string bytes;
  append_proto_length(bytes, reply.size());
  bytes += reply;
  append_message(sink, Message{bytes, Format::kBinary});
}

constexpr size_t kDeltaField = 2;  // bytes of the field that tells of a patch

}  // namespace

void append_proto_push(FrameSink& sink, const Event& event) { append_push_with(sink, event, {}); }

void append_proto_delta_push(FrameSink& sink, const Event& event) { append_push_with(sink, event, event.patch); }

bool patch_bytes(std::string& patch, const Message& before, const Message& message) {
  std::string made_before;
  std::string made;
  std::string_view source = data_of(before, made_before);
  std::string_view target = data_of(message, made);
  return target.size() > kDeltaField && make_fossil_delta(source, target, target.size() - kDeltaField - 1, patch);
}

}  // namespace lws_chat
