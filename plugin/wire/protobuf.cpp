#include "wire/protobuf.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <vector>

#include "core/utf8.h"
#include "wire/base64.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::pbf_writer;

// A value's place in a reply adds to its depth.
constexpr unsigned kMaxDepth = 2 * kMaxJsonDepth;

constexpr uint32_t kKey = 1;  // of an entry of a map
constexpr uint32_t kValue = 2;

std::string_view view(const protozero::data_view& data) { return {data.data(), data.size()}; }

pbf_reader reader_of(std::string_view bytes) { return pbf_reader(bytes.data(), bytes.size()); }

pbf_wire_type wire_type(ProtoType type) {
  bool is_number = type == ProtoType::kFlag || type == ProtoType::kNumber || type == ProtoType::kSigned;
  return is_number ? pbf_wire_type::varint : pbf_wire_type::length_delimited;
}

// In a message, the parts of such a value need not stand together.
bool has_parts(ProtoType type) {
  return type == ProtoType::kMessages || type == ProtoType::kTextMap || type == ProtoType::kMap;
}

// Makes the JSON object of one message. protozero throws where the bytes are wrong.
class ToJson {
 public:
  // The object stands within `depth` others.
  ToJson(std::string& json, const ProtoMessage& message, std::string_view bytes, unsigned depth = 0)
      : json_(json), message_(message), bytes_(bytes), depth_(depth + 1), empty_size_(json.size() + 1) {}

  [[nodiscard]] bool run() {
    json_ += '{';
    for (pbf_reader reader = reader_of(bytes_); reader.next();) {
      const ProtoField* field = field_of(reader);
      if (!field || seen(*field))
        reader.skip();
      else if (!(has_parts(field->type) ? add_parts(*field, reader) : add(*field, reader)))
        return false;
    }
    json_ += '}';
    return true;
  }

 private:
  // A field whose wire type is another one is unknown, as for protobuf's own readers.
  const ProtoField* field_of(const pbf_reader& reader) const {
    for (const ProtoField& field : message_)
      if (field.number == reader.tag() && wire_type(field.type) == reader.wire_type()) return &field;
    return nullptr;
  }

  // Of a field that comes again only the first one counts, so that the text cannot be much longer than the bytes.
  bool seen(const ProtoField& field) {
    uint64_t bit = uint64_t{1} << (&field - message_.begin());
    bool before = seen_ & bit;
    seen_ |= bit;
    return before;
  }

  void begin(std::string_view prefix, std::string_view name) {
    if (json_.size() > empty_size_) json_ += ',';
    json_.append("\"").append(prefix).append(name).append("\":");
  }

  [[nodiscard]] bool add(const ProtoField& field, pbf_reader& reader) {
    switch (field.type) {
      case ProtoType::kText: begin("", field.name); return text(view(reader.get_view()));
      case ProtoType::kJson: raw(field, view(reader.get_view())); return true;
      case ProtoType::kFlag:
        begin("", field.name);
        // get_bool() of protozero reads a byte before it knows that there is one.
        json_ += reader.get_uint64() != 0 ? "true" : "false";
        return true;
      case ProtoType::kNumber:
        begin("", field.name);
        json_ += std::to_string(reader.get_uint64());
        return true;
      case ProtoType::kSigned:
        begin("", field.name);
        json_ += std::to_string(reader.get_int64());
        return true;
      case ProtoType::kMessage:
        begin("", field.name);
        return ToJson(json_, *field.message, view(reader.get_view()), depth_).run();
      default: return false;
    }
  }

  [[nodiscard]] bool text(std::string_view bytes) {
    if (!is_utf8(bytes)) return false;
    append_quoted(json_, bytes);
    return true;
  }

  // No bytes are no value: proto3 does not tell them apart.
  void raw(const ProtoField& field, std::string_view bytes) {
    if (bytes.empty()) return;
    JsonValue value;
    bool is_json = is_utf8(bytes) && read_json(bytes, value, kMaxJsonDepth - depth_);
    if (is_json) {
      begin("", field.name);
      json_ += value.text;
      if (value.text.size() == bytes.size()) return;
    }
    begin("b64", field.name);
    append_quoted(json_, base64(bytes));
  }

  // `first` stands at the first part. The others are looked for from there on.
  [[nodiscard]] bool add_parts(const ProtoField& field, pbf_reader& first) {
    bool array = field.type == ProtoType::kMessages;
    begin("", field.name);
    char before = array ? '[' : '{';
    pbf_reader reader = first;
    first.skip();
    do {
      if (field_of(reader) != &field) {
        reader.skip();
        continue;
      }
      json_ += before;
      before = ',';
      std::string_view part = view(reader.get_view());
      if (!(array ? ToJson(json_, *field.message, part, depth_ + 1).run() : add_entry(field, part))) return false;
    } while (reader.next());
    json_ += array ? ']' : '}';
    return true;
  }

  [[nodiscard]] bool add_entry(const ProtoField& map, std::string_view bytes) {
    std::string_view key;
    std::string_view value;
    for (pbf_reader entry = reader_of(bytes); entry.next();) {
      bool known = entry.wire_type() == pbf_wire_type::length_delimited;
      if (known && entry.tag() == kKey)
        key = view(entry.get_view());
      else if (known && entry.tag() == kValue)
        value = view(entry.get_view());
      else
        entry.skip();
    }
    if (!text(key)) return false;
    json_ += ':';
    return map.type == ProtoType::kTextMap ? text(value) : ToJson(json_, *map.message, value, depth_ + 1).run();
  }

  std::string& json_;
  const ProtoMessage& message_;
  const std::string_view bytes_;
  const unsigned depth_;     // of a value in the object
  uint64_t seen_ = 0;        // a bit for each field
  const size_t empty_size_;  // of json_ while the object has no members
};

void append_members(std::string& bytes, const ProtoMessage& message, std::string_view json);

// A message without content says something, too: protozero's nested writers would leave it out.
void append_object(std::string& bytes, uint32_t number, const ProtoMessage& message, std::string_view json) {
  std::string inner;
  append_members(inner, message, json);
  append_proto_field(bytes, number, inner);
}

void append_map(std::string& bytes, const ProtoField& field, std::string_view json) {
  std::vector<JsonMember> entries;
  if (!take_object(json, entries, kMaxDepth)) return;
  for (const JsonMember& entry : entries) {
    std::string inner;
    append_proto_field(inner, kKey, entry.name);
    if (field.type == ProtoType::kTextMap)
      append_proto_field(inner, kValue, unquoted(entry.value));
    else
      append_object(inner, kValue, *field.message, entry.value.text);
    append_proto_field(bytes, field.number, inner);
  }
}

template <typename Number>
Number number_of(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void append_member(std::string& bytes, const ProtoField& field, const JsonValue& value) {
  switch (field.type) {
    case ProtoType::kText:
      if (value.text.size() > 2) append_proto_field(bytes, field.number, unquoted(value));
      return;
    case ProtoType::kJson: return append_proto_field(bytes, field.number, value.text);
    case ProtoType::kFlag:
      if (value.is_true()) pbf_writer(bytes).add_bool(field.number, true);
      return;
    case ProtoType::kNumber:
      if (auto number = number_of<uint64_t>(value.text)) pbf_writer(bytes).add_uint64(field.number, number);
      return;
    case ProtoType::kSigned:
      if (auto number = number_of<int64_t>(value.text)) pbf_writer(bytes).add_int64(field.number, number);
      return;
    case ProtoType::kMessage: return append_object(bytes, field.number, *field.message, value.text);
    case ProtoType::kMessages:
      for (const JsonValue& one : elements_of(value, kMaxDepth))
        append_object(bytes, field.number, *field.message, one.text);
      return;
    case ProtoType::kTextMap:
    case ProtoType::kMap: return append_map(bytes, field, value.text);
  }
}

// Appends the member b64NAME.
void append_base64_member(std::string& bytes, const ProtoMessage& message, const JsonMember& member) {
  constexpr std::string_view kB64 = "b64";
  if (member.name.compare(0, kB64.size(), kB64) != 0) return;
  auto field = std::find_if(message.begin(), message.end(), [&](const ProtoField& one) {
    return one.type == ProtoType::kJson && member.name.compare(kB64.size(), std::string::npos, one.name) == 0;
  });
  if (field == message.end()) return;
  if (std::optional<std::string> decoded = decode_base64(unquoted(member.value)))
    append_proto_field(bytes, field->number, *decoded);
}

void append_members(std::string& bytes, const ProtoMessage& message, std::string_view json) {
  std::vector<JsonMember> members;
  if (!take_object(json, members, kMaxDepth)) return;
  for (const JsonMember& member : members) {
    auto field =
        std::find_if(message.begin(), message.end(), [&](const ProtoField& one) { return one.name == member.name; });
    if (field == message.end())
      append_base64_member(bytes, message, member);
    else if (member.value.kind != JsonKind::kNull || field->type == ProtoType::kJson)
      append_member(bytes, *field, member.value);
  }
}

}  // namespace

bool append_proto_as_json(std::string& json, const ProtoMessage& message, std::string_view bytes) {
  try {
    return ToJson(json, message, bytes).run();
  } catch (const protozero::exception&) {
    return false;
  }
}

void append_json_as_proto(std::string& bytes, const ProtoMessage& message, std::string_view json) {
  append_members(bytes, message, json);
}

bool find_proto_field(std::string_view message, uint32_t number, std::string_view& value) {
  value = {};
  try {
    for (pbf_reader reader = reader_of(message); reader.next();) {
      bool wanted = reader.tag() == number && reader.wire_type() == pbf_wire_type::length_delimited;
      if (wanted && !value.data())
        value = view(reader.get_view());
      else
        reader.skip();
    }
  } catch (const protozero::exception&) {
    return false;
  }
  return true;
}

void append_proto_field(std::string& bytes, uint32_t number, std::string_view value) {
  pbf_writer(bytes).add_bytes(number, value.data(), value.size());
}

void append_proto_length(std::string& bytes, size_t length) {
  protozero::write_varint(std::back_inserter(bytes), length);
}

bool take_proto(std::string_view& sequence, std::string_view& message) {
  const char* at = sequence.data();
  const char* end = at + sequence.size();
  uint64_t size = 0;
  try {
    size = protozero::decode_varint(&at, end);
  } catch (const protozero::exception&) {
    return false;
  }
  if (size > static_cast<size_t>(end - at)) return false;
  message = {at, static_cast<size_t>(size)};
  sequence.remove_prefix(static_cast<size_t>(at - sequence.data()) + message.size());
  return true;
}

}  // namespace lws_chat
