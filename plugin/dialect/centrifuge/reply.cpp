#include "dialect/centrifuge/reply.h"

#include "wire/frame.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

void append_base64(std::string& text, std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
  }
}

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
    case Format::kJson: json += message.payload; return;
    case Format::kText: append_quoted(json, message.payload); return;
    case Format::kBinary:
      json += "{\"base64\":\"";
      append_base64(json, message.payload);
      json += "\"}";
  }
}

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

void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms) {
  json += "{\"data\":";
  append_data(json, message);
  if (!message.publisher.empty()) json.append(",\"info\":").append(message.publisher);
  if (!message.tags.empty()) json.append(",\"tags\":").append(message.tags);
  if (offset > 0) json.append(",\"offset\":").append(std::to_string(offset));
  if (unix_ms > 0) json.append(",\"time\":").append(std::to_string(unix_ms));
  if (message.version > 0) json.append(",\"version\":").append(std::to_string(message.version));
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
