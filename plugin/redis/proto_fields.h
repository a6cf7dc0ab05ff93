#pragma once

#include <cstdint>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/utf8.h"

// Protobuf from and to plain structs. One function names the fields of a struct, for both directions:
//
//   template <typename Fields>
//   void visit(Fields& fields, Point& point) {
//     fields.text(1, point.name);
//     fields.number(2, point.x);
//   }
//
// Texts and bytes are views, into the message when it is read. As in proto3, what is empty, false or 0 is not written.
namespace lws_chat {

class ProtoFieldWriter {
 public:
  explicit ProtoFieldWriter(std::string& bytes) : writer_(bytes) {}

  void text(uint32_t number, std::string_view value) { bytes(number, value); }
  void bytes(uint32_t number, std::string_view value) {
    if (!value.empty()) writer_.add_bytes(number, value.data(), value.size());
  }
  void texts(uint32_t number, const std::vector<std::string_view>& values) {
    for (std::string_view value : values) writer_.add_bytes(number, value.data(), value.size());
  }
  void flag(uint32_t number, bool value) {
    if (value) writer_.add_bool(number, true);
  }
  void number(uint32_t number, uint32_t value) { this->number(number, uint64_t{value}); }
  void number(uint32_t number, uint64_t value) {
    if (value != 0) writer_.add_uint64(number, value);
  }
  void number(uint32_t number, int64_t value) {
    if (value != 0) writer_.add_int64(number, value);
  }
  void number(uint32_t number, double value) {
    if (value != 0) writer_.add_double(number, value);
  }
  void presence(uint32_t, bool) {}
  template <typename Message>
  void message(uint32_t number, const Message& value) {
    std::string inner;
    ProtoFieldWriter(inner).all(value);
    writer_.add_bytes(number, inner.data(), inner.size());
  }
  template <typename Message>
  void optional(uint32_t number, const std::optional<Message>& value) {
    if (value) message(number, *value);
  }
  template <typename Message>
  void messages(uint32_t number, const std::vector<Message>& values) {
    for (const Message& value : values) message(number, value);
  }
  template <typename Message, typename... Messages>
  void one_of(uint32_t number, const std::variant<Messages...>& value) {
    if (const auto* message = std::get_if<Message>(&value)) this->message(number, *message);
  }

  // visit() is the same for reading, so that it takes what it may change.
  template <typename Message>
  void all(const Message& message) {
    visit(*this, const_cast<Message&>(message));
  }

 private:
  protozero::pbf_writer writer_;
};

// Takes one field of a message into the member with its number. A field of another type than the member's is passed
// over, as protobuf's own readers do. protozero throws where the bytes are wrong.
class ProtoFieldReader {
 public:
  explicit ProtoFieldReader(protozero::pbf_reader& reader) : reader_(reader) {}

  void text(uint32_t number, std::string_view& value) {
    if (!is(number, protozero::pbf_wire_type::length_delimited)) return;
    value = view();
    is_valid_ = is_valid_ && is_utf8(value);
  }
  void bytes(uint32_t number, std::string_view& value) {
    if (is(number, protozero::pbf_wire_type::length_delimited)) value = view();
  }
  void texts(uint32_t number, std::vector<std::string_view>& values) {
    if (!is(number, protozero::pbf_wire_type::length_delimited)) return;
    values.push_back(view());
    is_valid_ = is_valid_ && is_utf8(values.back());
  }
  void flag(uint32_t number, bool& value) {
    if (is(number, protozero::pbf_wire_type::varint)) value = reader_.get_uint64() != 0;
  }
  void number(uint32_t number, uint32_t& value) {
    if (is(number, protozero::pbf_wire_type::varint)) value = static_cast<uint32_t>(reader_.get_uint64());
  }
  void number(uint32_t number, uint64_t& value) {
    if (is(number, protozero::pbf_wire_type::varint)) value = reader_.get_uint64();
  }
  void number(uint32_t number, int64_t& value) {
    if (is(number, protozero::pbf_wire_type::varint)) value = reader_.get_int64();
  }
  void number(uint32_t number, double& value) {
    if (is(number, protozero::pbf_wire_type::fixed64)) value = reader_.get_double();
  }
  template <typename Message>
  void message(uint32_t number, Message& value) {
    if (is(number, protozero::pbf_wire_type::length_delimited)) is_valid_ = read_fields(view(), value) && is_valid_;
  }
  template <typename Message>
  void optional(uint32_t number, std::optional<Message>& value) {
    if (is(number, protozero::pbf_wire_type::length_delimited))
      is_valid_ = read_fields(view(), value.emplace()) && is_valid_;
  }
  template <typename Message>
  void messages(uint32_t number, std::vector<Message>& values) {
    if (is(number, protozero::pbf_wire_type::length_delimited))
      is_valid_ = read_fields(view(), values.emplace_back()) && is_valid_;
  }
  // The first one that comes counts.
  template <typename Message, typename... Messages>
  void one_of(uint32_t number, std::variant<std::monostate, Messages...>& value) {
    if (std::holds_alternative<std::monostate>(value) && is(number, protozero::pbf_wire_type::length_delimited))
      is_valid_ = read_fields(view(), value.template emplace<Message>()) && is_valid_;
  }
  // A field that is only known to be there.
  void presence(uint32_t number, bool& is_there) {
    if (!is(number, protozero::pbf_wire_type::length_delimited)) return;
    reader_.skip();
    is_there = true;
  }

  bool taken() const { return taken_; }
  bool is_valid() const { return is_valid_; }

  // Reads all fields of a message. Returns false if a text is not UTF-8.
  template <typename Message>
  static bool read_fields(std::string_view bytes, Message& message) {
    bool is_valid = true;
    for (protozero::pbf_reader reader(bytes.data(), bytes.size()); reader.next();) {
      ProtoFieldReader fields(reader);
      visit(fields, message);
      if (!fields.taken()) reader.skip();
      is_valid = is_valid && fields.is_valid();
    }
    return is_valid;
  }

 private:
  bool is(uint32_t number, protozero::pbf_wire_type type) {
    if (taken_ || reader_.tag() != number || reader_.wire_type() != type) return false;
    return taken_ = true;
  }
  std::string_view view() {
    protozero::data_view bytes = reader_.get_view();
    return {bytes.data(), bytes.size()};
  }

  protozero::pbf_reader& reader_;
  bool taken_ = false;
  bool is_valid_ = true;
};

// Appends a struct as a message.
template <typename Message>
void append_proto(std::string& bytes, const Message& message) {
  ProtoFieldWriter(bytes).all(message);
}

// Reads a message, which may be anything. Returns false if it is malformed.
template <typename Message>
[[nodiscard]] bool read_proto(std::string_view bytes, Message& message) {
  try {
    return ProtoFieldReader::read_fields(bytes, message);
  } catch (const protozero::exception&) {
    return false;
  }
}

}  // namespace lws_chat
