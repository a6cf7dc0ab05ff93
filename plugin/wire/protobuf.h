#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Protocol Buffers (protobuf.dev/programming-guides/encoding) for messages that a table describes, from and to JSON. So
// a dialect that speaks both has one form of its commands and replies, and the other one is made at its edge.
namespace lws_chat {

enum class ProtoType : uint8_t {
  kText,    // string
  kJson,    // bytes, relayed as they are. In JSON: the member NAME, a value; or b64NAME, if they are not JSON; or both,
            // if there are blanks around the value, which belong to the bytes
  kFlag,    // bool
  kNumber,  // uint32, uint64
  kSigned,  // int32, int64
  kMessage,   // a message
  kMessages,  // repeated messages, an array
  kTextMap,   // map<string, string>, an object
  kMap,       // map<string, message>, an object
};

struct ProtoMessage;

struct ProtoField {
  std::string_view name;
  uint32_t number;
  ProtoType type;
  const ProtoMessage* message = nullptr;  // of a field that holds messages
};

struct ProtoMessage {
  const ProtoField* fields;
  size_t count;

  const ProtoField* begin() const { return fields; }
  const ProtoField* end() const { return fields + count; }
};

// Appends a message as a JSON object. Fields that the table does not know are left out. Returns false if the bytes are
// not such a message: they may be anything.
[[nodiscard]] bool append_proto_as_json(std::string& json, const ProtoMessage& message, std::string_view bytes);

// Appends a JSON object as a message. Members that the table does not know are left out, and so are texts, flags and
// numbers that are empty, false or 0, as in protobuf. Precondition: the members that it knows have the right types.
void append_json_as_proto(std::string& bytes, const ProtoMessage& message, std::string_view json);

// Appends a field that holds bytes, a string or a message.
void append_proto_field(std::string& bytes, uint32_t number, std::string_view value);

// Finds the first field of that number that holds bytes, a string or a message; empty if it is missing. Returns false
// if the bytes are no message.
[[nodiscard]] bool find_proto_field(std::string_view message, uint32_t number, std::string_view& value);

// Appends the number of bytes that follow, as it stands before each message in a sequence of them.
void append_proto_length(std::string& bytes, size_t length);

// Takes a message off a sequence of messages with their lengths. Returns false if there is no whole one.
[[nodiscard]] bool take_proto(std::string_view& sequence, std::string_view& message);

}  // namespace lws_chat
