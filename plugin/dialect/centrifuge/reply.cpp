#include "dialect/centrifuge/reply.h"

#include "wire/base64.h"
#include "wire/fossil_delta.h"
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

void append_push_in(DataForm form, FrameSink& sink, const Event& event) {
  std::string json = "{\"push\":{\"channel\":";
  append_quoted(json, event.room);
  json.append(",\"").append(field_of(event.kind)).append("\":");
  if (event.kind == Event::Kind::kPublication)
    append_publication(json, event.message, event.offset, 0, form, event.patch);
  else
    json.append("{\"info\":").append(event.message.publisher).append("}");
  json += "}}";
  append_message(sink, Message{json});
}

bool has_blanks_around(std::string_view json) {
  constexpr std::string_view kBlanks = " \t\r\n";
  return kBlanks.find(json.front()) != std::string_view::npos || kBlanks.find(json.back()) != std::string_view::npos;
}

// Protobuf readers get the data as it was published. Data that is not exactly a JSON value goes through JSON in base64,
// which append_json_as_proto() undoes.
void append_data_as_it_is(std::string& json, const Message& message) {
  bool in_base64 =
      message.format == Format::kBinary || (message.format == Format::kJson && has_blanks_around(message.payload));
  if (in_base64) {
    json.append("\"b64data\":\"").append(base64(message.payload)).append("\"");
    return;
  }
  json += "\"data\":";
  if (message.format == Format::kJson)
    json += message.payload;
  else
    append_data(json, message);
}

// The data as a client has it that decodes it from a JSON string. `made` keeps it if it is made.
std::string_view data_of(const Message& message, std::string& made) {
  if (message.format == Format::kJson) return message.payload;
  append_data(made, message);
  return made;
}

constexpr std::string_view kDeltaField = ",\"delta\":true";

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

void append_push(FrameSink& sink, const Event& event) { append_push_in(DataForm::kJson, sink, event); }

void append_whole_push(FrameSink& sink, const Event& event) { append_push_in(DataForm::kWhole, sink, event); }

void append_delta_push(FrameSink& sink, const Event& event) { append_push_in(DataForm::kPatch, sink, event); }

// A patch must also make up for the field that tells of it.
bool patch_data(std::string& patch, const Message& before, const Message& message) {
  std::string made_before;
  std::string made;
  std::string_view source = data_of(before, made_before);
  std::string_view target = data_of(message, made);
  return target.size() > kDeltaField.size() &&
         make_fossil_delta(source, target, target.size() - kDeltaField.size() - 1, patch);
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

void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms, DataForm form,
                        std::string_view patch) {
  bool patched = form == DataForm::kPatch && !patch.empty();
  std::string made;
  json += '{';
  switch (form) {
    case DataForm::kBytes: append_data_as_it_is(json, message); break;
    case DataForm::kJson:
      json += "\"data\":";
      append_data(json, message);
      break;
    case DataForm::kWhole:
    case DataForm::kPatch: json += "\"data\":"; append_quoted(json, patched ? patch : data_of(message, made));
  }
  if (!message.publisher.empty()) json.append(",\"info\":").append(message.publisher);
  if (!message.tags.empty()) json.append(",\"tags\":").append(message.tags);
  if (offset > 0) json.append(",\"offset\":").append(std::to_string(offset));
  if (unix_ms > 0) json.append(",\"time\":").append(std::to_string(unix_ms));
  if (patched) json += kDeltaField;
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
