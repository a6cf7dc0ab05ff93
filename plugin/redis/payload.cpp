#include "redis/payload.h"

#include <charconv>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "core/utf8.h"
#include "redis/client_info.h"
#include "wire/base64.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;

// Fields of Publication.
constexpr uint32_t kData = 4;
constexpr uint32_t kInfo = 5;
constexpr uint32_t kOffset = 6;
constexpr uint32_t kTags = 7;
constexpr uint32_t kTime = 9;
constexpr uint32_t kEpoch = 14;
constexpr uint32_t kVersion = 16;
constexpr uint32_t kFormat = 1001;        // ours: what the message was before it became JSON, a DataFormat
constexpr uint32_t kVersionEpoch = 1002;  // ours
constexpr uint32_t kId = 1003;            // ours

constexpr uint32_t kKey = 1;  // of an entry of a map
constexpr uint32_t kValue = 2;

enum DataFormat : uint64_t { kAsItIs = 0, kWasText = 1, kWasBinary = 2 };

constexpr std::string_view kMark = "__";
constexpr std::string_view kJoinMark = "__j__";
constexpr std::string_view kLeaveMark = "__l__";
constexpr std::string_view kPositionMark = "__p1:";
constexpr std::string_view kDeltaMark = "__d1:";

// How the structured dialect shows binary messages.
constexpr std::string_view kBinaryBegin = "{\"base64\":\"";
constexpr std::string_view kBinaryEnd = "\"}";

bool starts_with(std::string_view text, std::string_view prefix) { return text.compare(0, prefix.size(), prefix) == 0; }

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!starts_with(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Takes a decimal number and the colon behind it.
bool take_number(std::string_view& text, uint64_t& number) {
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop == end || *stop != ':') return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()) + 1);
  return true;
}

// Takes so many bytes as the number before them says.
bool take_sized(std::string_view& text, std::string_view& bytes) {
  uint64_t size = 0;
  if (!take_number(text, size) || size > text.size()) return false;
  bytes = text.substr(0, size);
  text.remove_prefix(size);
  return true;
}

// Takes OFFSET:EPOCH and the mark behind it.
bool take_position(std::string_view& text, std::string_view mark, RoomPayload& payload) {
  if (!take_number(text, payload.offset) || payload.offset == 0) return false;
  size_t end = text.find(mark);
  if (end == std::string_view::npos) return false;
  payload.epoch = text.substr(0, end);
  text.remove_prefix(end + mark.size());
  return is_epoch(payload.epoch);
}

// Takes what stands between a delta's position and its publication.
bool take_previous(std::string_view& text) {
  std::string_view previous, publication;
  if (!take_sized(text, previous) || !take_prefix(text, ":")) return false;
  if (!take_sized(text, publication) || !text.empty()) return false;
  text = publication;
  return true;
}

void add_bytes(pbf_writer& writer, uint32_t number, std::string_view bytes) {
  writer.add_bytes(number, bytes.data(), bytes.size());
}

void add_data(pbf_writer& writer, const Message& message) {
  if (message.format == Format::kJson) return add_bytes(writer, kData, message.payload);
  std::string json;
  if (message.format == Format::kText)
    append_quoted(json, message.payload);
  else
    json.append(kBinaryBegin).append(base64(message.payload)).append(kBinaryEnd);
  add_bytes(writer, kData, json);
}

// Precondition: tags is a JSON object of texts, or empty.
void add_tags(pbf_writer& writer, std::string_view tags) {
  std::vector<JsonMember> members;
  if (tags.empty() || !take_object(tags, members)) return;
  for (const JsonMember& member : members) {
    if (member.value.kind != JsonKind::kString) continue;
    std::string entry;
    pbf_writer inner(entry);
    add_bytes(inner, kKey, member.name);
    add_bytes(inner, kValue, unquoted(member.value));
    add_bytes(writer, kTags, entry);
  }
}

std::string_view view(pbf_reader& reader) {
  protozero::data_view bytes = reader.get_view();
  return {bytes.data(), bytes.size()};
}

bool append_tag(std::string& json, std::string_view entry) {
  std::string_view key, value;
  for (pbf_reader reader(entry.data(), entry.size()); reader.next();) {
    bool known = reader.wire_type() == pbf_wire_type::length_delimited;
    if (known && reader.tag() == kKey)
      key = view(reader);
    else if (known && reader.tag() == kValue)
      value = view(reader);
    else
      reader.skip();
  }
  if (!is_utf8(key) || !is_utf8(value)) return false;
  append_quoted(json, key);
  json += ':';
  append_quoted(json, value);
  return true;
}

}  // namespace

struct PayloadReader::Fields {
  std::string_view data;
  std::optional<std::string_view> info;
  uint64_t offset = 0;
  int64_t time = 0;
  std::string_view epoch;
  uint64_t version = 0;
  uint64_t format = kAsItIs;
  std::string_view version_epoch;
};

bool is_epoch(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
  return !text.empty() && text.size() <= 64 && text.find_first_not_of(kLetters) == std::string_view::npos;
}

void append_publication_bytes(std::string& bytes, const Message& message) {
  pbf_writer writer(bytes);
  add_data(writer, message);
  if (!message.publisher.empty()) {
    std::string info;
    append_client_info(info, message.publisher);
    add_bytes(writer, kInfo, info);
  }
  add_tags(writer, message.tags);
  if (message.unix_ms > 0) writer.add_int64(kTime, message.unix_ms);
  if (message.version > 0) writer.add_uint64(kVersion, message.version);
  if (message.format == Format::kText) writer.add_uint64(kFormat, kWasText);
  if (message.format == Format::kBinary) writer.add_uint64(kFormat, kWasBinary);
  if (!message.version_epoch.empty()) add_bytes(writer, kVersionEpoch, message.version_epoch);
}

void append_publication_id(std::string& bytes, std::string_view id) {
  pbf_writer(bytes).add_bytes(kId, id.data(), id.size());
}

void append_join_bytes(std::string& bytes, std::string_view json) {
  bytes += kJoinMark;
  append_client_info(bytes, json);
}

void append_leave_bytes(std::string& bytes, std::string_view json) {
  bytes += kLeaveMark;
  append_client_info(bytes, json);
}

std::string with_position(uint64_t offset, std::string_view epoch, std::string_view publication) {
  std::string text(kPositionMark);
  text.append(std::to_string(offset)).append(":").append(epoch).append(kMark).append(publication);
  return text;
}

bool PayloadReader::read(std::string_view bytes, RoomPayload& payload) {
  payload = {};
  if (!starts_with(bytes, kMark)) return read_publication(bytes, payload);
  if (take_prefix(bytes, kPositionMark))
    return take_position(bytes, kMark, payload) && read_publication(bytes, payload);
  if (take_prefix(bytes, kJoinMark)) return read_somebody(bytes, Event::Kind::kJoin, payload);
  if (take_prefix(bytes, kLeaveMark)) return read_somebody(bytes, Event::Kind::kLeave, payload);
  if (!take_prefix(bytes, kDeltaMark)) return false;
  return take_position(bytes, ":", payload) && take_previous(bytes) && read_publication(bytes, payload);
}

bool PayloadReader::read_entry(std::string_view bytes, uint64_t offset, RoomPayload& payload) {
  payload = {};
  if (!read_publication(bytes, payload)) return false;
  payload.offset = offset;
  payload.epoch = {};
  payload.message.ephemeral = false;
  return true;
}

bool PayloadReader::read_somebody(std::string_view bytes, Event::Kind kind, RoomPayload& payload) {
  if (!read_client_info(bytes, who_) || who_.client.empty()) return false;
  payload.kind = kind;
  payload.who = &who_;
  payload.message.publisher = who_.json;
  return true;
}

bool PayloadReader::read_publication(std::string_view bytes, RoomPayload& payload) {
  Fields fields;
  tags_.clear();
  try {
    for (pbf_reader reader(bytes.data(), bytes.size()); reader.next();) {
      switch (reader.tag_and_type()) {
        case protozero::tag_and_type(kData, pbf_wire_type::length_delimited): fields.data = view(reader); break;
        case protozero::tag_and_type(kInfo, pbf_wire_type::length_delimited): fields.info = view(reader); break;
        case protozero::tag_and_type(kOffset, pbf_wire_type::varint): fields.offset = reader.get_uint64(); break;
        case protozero::tag_and_type(kTags, pbf_wire_type::length_delimited): tags_.push_back(view(reader)); break;
        case protozero::tag_and_type(kTime, pbf_wire_type::varint): fields.time = reader.get_int64(); break;
        case protozero::tag_and_type(kEpoch, pbf_wire_type::length_delimited): fields.epoch = view(reader); break;
        case protozero::tag_and_type(kVersion, pbf_wire_type::varint): fields.version = reader.get_uint64(); break;
        case protozero::tag_and_type(kFormat, pbf_wire_type::varint): fields.format = reader.get_uint64(); break;
        case protozero::tag_and_type(kVersionEpoch, pbf_wire_type::length_delimited):
          fields.version_epoch = view(reader);
          break;
        default: reader.skip();
      }
    }
    return take(fields, payload);
  } catch (const protozero::exception&) {
    return false;
  }
}

// A position within the publication itself counts more, as with Centrifugo.
bool PayloadReader::take(const Fields& fields, RoomPayload& payload) {
  if (fields.offset > 0) payload.offset = fields.offset;
  if (!fields.epoch.empty()) payload.epoch = fields.epoch;
  if (!payload.epoch.empty() && !is_epoch(payload.epoch)) return false;
  Message& message = payload.message;
  message.ephemeral = payload.offset == 0;
  message.unix_ms = fields.time > 0 ? fields.time : 0;
  message.version = fields.version;
  message.version_epoch = fields.version_epoch;
  if (fields.info) {
    if (!read_client_info(*fields.info, who_)) return false;
    payload.who = &who_;
    message.publisher = who_.json;
  }
  return take_data(fields, message) && take_tags(message);
}

bool PayloadReader::take_data(const Fields& fields, Message& message) {
  // No node publishes nothing: an empty text is a JSON string, too.
  std::string_view data = fields.data;
  if (data.empty()) return false;
  JsonValue value;
  bool is_json = is_utf8(data) && read_json(data, value);
  message.payload = data;
  message.format = is_json ? Format::kJson : Format::kBinary;
  if (fields.format == kWasText) {
    bool is_string = is_json && value.kind == JsonKind::kString && value.text.size() == data.size();
    if (!is_string || has_half_a_pair(value)) return false;
    message.format = Format::kText;
    message.payload = data.substr(1, data.size() - 2);
    if (message.payload.find('\\') != std::string_view::npos) message.payload = data_ = unquoted(value);
  } else if (fields.format == kWasBinary) {
    bool ends = data.size() >= kBinaryBegin.size() + kBinaryEnd.size() &&
                data.substr(data.size() - kBinaryEnd.size()) == kBinaryEnd;
    if (!ends || !take_prefix(data, kBinaryBegin)) return false;
    std::optional<std::string> bytes = decode_base64(data.substr(0, data.size() - kBinaryEnd.size()));
    if (!bytes) return false;
    data_ = std::move(*bytes);
    message.format = Format::kBinary;
    message.payload = data_;
  }
  return true;
}

// Throws protozero::exception.
bool PayloadReader::take_tags(Message& message) {
  if (tags_.empty()) return true;
  tags_json_ = '{';
  for (std::string_view tag : tags_) {
    if (tags_json_.size() > 1) tags_json_ += ',';
    if (!append_tag(tags_json_, tag)) return false;
  }
  tags_json_ += '}';
  message.tags = tags_json_;
  return true;
}

}  // namespace lws_chat
