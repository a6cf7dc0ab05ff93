#include "dialect/centrifuge/reply.h"

#include "wire/base64.h"
#include "wire/frame.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

std::string_view field_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kPublication: return "pub";
    case Event::Kind::kJoin: return "join";
    case Event::Kind::kLeave: return "leave";
  }
  return "";
}

}  // namespace

void append_data(std::string& json, const Message& message) {
  switch (message.format) {
    case Format::kJson:
      if (message.payload.find('\n') == std::string_view::npos)
        json += message.payload;
      else
        json += on_one_line(message.payload);
      return;
    case Format::kText: append_quoted(json, message.payload); return;
    case Format::kBinary: json.append("{\"base64\":\"").append(base64(message.payload)).append("\"}");
  }
}

namespace {

bool has_blanks_around(std::string_view json) {
  constexpr std::string_view kBlanks = " \t\r\n";
  return kBlanks.find(json.front()) != std::string_view::npos || kBlanks.find(json.back()) != std::string_view::npos;
}

// What protobuf readers get is as it was published. In between, what is not exactly a value has the form that
// append_json_as_proto() knows.
void append_data_member(std::string& json, const Message& message, Encoding encoding) {
  bool as_it_is = encoding == Encoding::kProtobuf;
  bool in_base64 =
      message.format == Format::kBinary || (message.format == Format::kJson && has_blanks_around(message.payload));
  if (as_it_is && in_base64) {
    json.append("\"b64data\":\"").append(base64(message.payload)).append("\"");
  } else {
    json += "\"data\":";
    if (as_it_is && message.format == Format::kJson)
      json += message.payload;
    else
      append_data(json, message);
  }
}

}  // namespace

void append_push(FrameSink& sink, const Event& event) {
  std::string json = "{\"push\":{\"channel\":";
  append_quoted(json, event.room);
  json.append(",\"").append(field_of(event.kind)).append("\":");
  if (event.kind == Event::Kind::kPublication)
    append_publication(json, event.message, event.offset);
  else
    json.append("{\"info\":").append(event.message.publisher).append("}");
  json += "}}";
  append_message(sink, Message{json});
}

std::string message_push(std::string_view text) {
  std::string json = "{\"push\":{\"message\":{\"data\":";
  append_quoted(json, text);
  return json += "}}}";
}

void append_unsubscribe_push(std::string& json, std::string_view room, unsigned code, std::string_view reason) {
  json += "{\"push\":{\"channel\":";
  append_quoted(json, room);
  json.append(",\"unsubscribe\":{\"code\":").append(std::to_string(code)).append(",\"reason\":");
  append_quoted(json, reason);
  json += "}}}";
}

void append_subscribe_push(std::string& json, std::string_view room, std::string_view result) {
  json += "{\"push\":{\"channel\":";
  append_quoted(json, room);
  json.append(",\"subscribe\":").append(result).append("}}");
}

void append_refresh_push(std::string& json, std::string_view result) {
  json.append("{\"push\":{\"refresh\":").append(result).append("}}");
}

void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms,
                        Encoding encoding) {
  json += '{';
  append_data_member(json, message, encoding);
  if (!message.publisher.empty()) json.append(",\"info\":").append(message.publisher);
  if (!message.tags.empty()) json.append(",\"tags\":").append(message.tags);
  if (offset > 0) json.append(",\"offset\":").append(std::to_string(offset));
  if (unix_ms > 0) json.append(",\"time\":").append(std::to_string(unix_ms));
  json += '}';
}

void append_error(std::string& json, uint32_t id, ClientError error, std::string_view detail) {
  const ClientErrorRow& row = describe(error);
  std::string message(row.message);
  if (!detail.empty()) message.append(": ").append(detail);
  append_error(json, id, row.code, message, row.temporary);
}

void append_error(std::string& json, uint32_t id, uint32_t code, std::string_view message, bool temporary) {
  json.append("{\"id\":").append(std::to_string(id));
  json.append(",\"error\":{\"code\":").append(std::to_string(code)).append(",\"message\":");
  append_quoted(json, message);
  if (temporary) json += ",\"temporary\":true";
  json += "}}";
}

}  // namespace lws_chat
