#include "redis/client_info.h"

#include <charconv>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "core/utf8.h"
#include "wire/base64.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

// Fields of ClientInfo.
constexpr uint32_t kUser = 1;
constexpr uint32_t kClient = 2;
constexpr uint32_t kConnInfo = 3;
constexpr uint32_t kChanInfo = 4;
constexpr uint32_t kWhole = 1001;    // ours: the JSON object, if the other fields do not say all of it
constexpr uint32_t kNode = 1010;     // ours: the uid of the node that the client is on
constexpr uint32_t kNumbers = 1011;  // ours: "BEFORE NUMBER", see ChangeNumbers

struct Fields {
  std::string_view user;
  std::string_view client;
  std::string_view conn_info;
  std::string_view chan_info;
  std::string_view whole;
  std::string_view node;
  std::string_view numbers;
};

bool has_line_break(std::string_view text) { return text.find_first_of("\r\n") != std::string_view::npos; }

// Bytes that are no JSON are in base64, as in wire/protobuf.h.
void append_info(std::string& json, std::string_view name, std::string_view bytes) {
  if (bytes.empty()) return;
  JsonValue value;
  bool is_json = is_utf8(bytes) && read_json(bytes, value);
  json.append(is_json ? ",\"" : ",\"b64").append(name).append("\":");
  if (!is_json)
    append_quoted(json, base64(bytes));
  else if (has_line_break(value.text))
    json += on_one_line(value.text);
  else
    json += value.text;
}

// The JSON that the fields make, but for `whole`.
void append_json(std::string& json, const Fields& fields) {
  json += "{\"user\":";
  append_quoted(json, fields.user);
  json += ",\"client\":";
  append_quoted(json, fields.client);
  append_info(json, "conn_info", fields.conn_info);
  append_info(json, "chan_info", fields.chan_info);
  json += '}';
}

void append_fields(std::string& bytes, const Fields& fields) {
  protozero::pbf_writer writer(bytes);
  auto add = [&](uint32_t number, std::string_view value) {
    if (!value.empty()) writer.add_bytes(number, value.data(), value.size());
  };
  add(kUser, fields.user);
  add(kClient, fields.client);
  add(kConnInfo, fields.conn_info);
  add(kChanInfo, fields.chan_info);
  add(kWhole, fields.whole);
  add(kNode, fields.node);
}

// Throws protozero::exception.
void read_fields(std::string_view bytes, Fields& fields) {
  protozero::pbf_reader reader(bytes.data(), bytes.size());
  auto take = [&](std::string_view& field) {
    protozero::data_view view = reader.get_view();
    field = {view.data(), view.size()};
  };
  while (reader.next()) {
    if (reader.wire_type() != protozero::pbf_wire_type::length_delimited) {
      reader.skip();
      continue;
    }
    switch (reader.tag()) {
      case kUser: take(fields.user); break;
      case kClient: take(fields.client); break;
      case kConnInfo: take(fields.conn_info); break;
      case kChanInfo: take(fields.chan_info); break;
      case kWhole: take(fields.whole); break;
      case kNode: take(fields.node); break;
      case kNumbers: take(fields.numbers); break;
      default: reader.skip();
    }
  }
}

// What a JSON object says, in fields.
class JsonFields {
 public:
  // Returns false if it is not an object.
  [[nodiscard]] bool read(std::string_view json) {
    std::vector<JsonMember> members;
    if (!take_object(json, members) || !json.empty()) return false;
    for (const JsonMember& member : members) {
      if (member.name == "user") fields.user = text_in(user_, member);
      if (member.name == "client") fields.client = text_in(client_, member);
      if (member.name == "conn_info") fields.conn_info = member.value.text;
      if (member.name == "chan_info") fields.chan_info = member.value.text;
      if (member.name == "b64conn_info") fields.conn_info = bytes_in(conn_info_, member);
      if (member.name == "b64chan_info") fields.chan_info = bytes_in(chan_info_, member);
    }
    return true;
  }

  Fields fields;

 private:
  static std::string_view text_in(std::string& text, const JsonMember& member) {
    text = member.value.kind == JsonKind::kString ? unquoted(member.value) : std::string();
    return text;
  }
  static std::string_view bytes_in(std::string& bytes, const JsonMember& member) {
    return bytes = decode_base64(text_in(bytes, member)).value_or("");
  }

  std::string user_;
  std::string client_;
  std::string conn_info_;
  std::string chan_info_;
};

// The whole object must be on one line, and of the same client as the fields that others read.
bool is_whole(const Fields& fields) {
  JsonFields json;
  return fields.whole.front() == '{' && !has_line_break(fields.whole) && is_utf8(fields.whole) &&
         json.read(fields.whole) && json.fields.user == fields.user && json.fields.client == fields.client;
}

void append_info_on(std::string& bytes, std::string_view json, std::string_view node_uid) {
  JsonFields read;
  if (!read.read(json)) return;
  std::string again;
  append_json(again, read.fields);
  if (again != json) read.fields.whole = json;
  read.fields.node = node_uid;
  append_fields(bytes, read.fields);
}

}  // namespace

void append_client_info(std::string& bytes, std::string_view json) { append_info_on(bytes, json, {}); }

std::string client_info_on(const Identity& who, std::string_view node_uid) {
  std::string bytes;
  append_info_on(bytes, who.json, node_uid);
  return bytes;
}

std::string_view node_of_client(std::string_view bytes) {
  Fields fields;
  try {
    read_fields(bytes, fields);
  } catch (const protozero::exception&) {
    return {};
  }
  return fields.node;
}

std::optional<ChangeNumbers> numbers_of_change(std::string_view bytes) {
  Fields fields;
  try {
    read_fields(bytes, fields);
  } catch (const protozero::exception&) {
    return {};
  }
  ChangeNumbers numbers;
  const char* end = fields.numbers.data() + fields.numbers.size();
  auto [blank, error] = std::from_chars(fields.numbers.data(), end, numbers.before);
  if (error != std::errc() || blank == end || *blank != ' ') return {};
  auto [stop, other_error] = std::from_chars(blank + 1, end, numbers.number);
  if (other_error != std::errc() || stop != end) return {};
  return numbers;
}

bool read_client_info(std::string_view bytes, Identity& who) {
  Fields fields;
  try {
    read_fields(bytes, fields);
  } catch (const protozero::exception&) {
    return false;
  }
  if (!is_utf8(fields.user) || !is_utf8(fields.client)) return false;
  if (!fields.whole.empty() && !is_whole(fields)) return false;
  who.user = fields.user;
  who.client = fields.client;
  who.json.clear();
  if (fields.whole.empty())
    append_json(who.json, fields);
  else
    who.json = fields.whole;
  return true;
}

}  // namespace lws_chat
