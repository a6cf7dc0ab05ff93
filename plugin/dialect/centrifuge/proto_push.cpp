#include "dialect/centrifuge/proto_push.h"

#include <string>

#include "dialect/centrifuge/protocol.h"
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

std::string publication_of(const Event& event) {
  const Message& message = event.message;
  std::string data;
  if (message.format == Format::kText) append_quoted(data, message.payload);
  std::string bytes;
  append_proto_field(bytes, kPublicationData, message.format == Format::kText ? data : message.payload);
  if (message.publisher.empty() && message.tags.empty() && event.offset == 0) return bytes;
  // Protobuf does not mind in how many parts a message's fields come.
  std::string json = "{";
  if (!message.publisher.empty()) json.append("\"info\":").append(message.publisher).append(",");
  if (!message.tags.empty()) json.append("\"tags\":").append(message.tags).append(",");
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

}  // namespace

void append_proto_push(FrameSink& sink, const Event& event) {
  bool publication = event.kind == Event::Kind::kPublication;
  std::string push;
  append_proto_field(push, kPushChannel, event.room);
  append_proto_field(push, field_of(event.kind), publication ? publication_of(event) : joiner_of(event));
  std::string reply;
  append_proto_field(reply, kReplyPush, push);
  std::string bytes;
  append_proto_length(bytes, reply.size());
  bytes += reply;
  append_message(sink, Message{bytes, Format::kBinary});
}

}  // namespace lws_chat
