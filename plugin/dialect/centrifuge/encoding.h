#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/log/message.h"

namespace lws_chat {

// The two encodings of Centrifuge's client protocol. A message of the connection holds several commands or replies:
// JSON texts, one per line, or protobuf messages, each behind its length.
enum class Encoding : uint8_t { kJson, kProtobuf };

// The format of the connection's messages.
inline Format format_of(Encoding encoding) { return encoding == Encoding::kJson ? Format::kText : Format::kBinary; }

// Takes the first command off a message. Returns false if there is no whole one.
[[nodiscard]] bool take_command(Encoding encoding, std::string_view& message, std::string_view& command);

// Replies and pushes for one client that leave in one message. They are made in JSON.
class Replies {
 public:
  explicit Replies(Encoding encoding) : encoding_(encoding) {}

  // Adds one, given in parts. If this throws, nothing was added.
  void add(std::initializer_list<std::string_view> parts);

  // Adds a ping: a reply that says nothing.
  void add_ping() { add({"{}"}); }

  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size(); }

  // Appends the frames of the message.
  void append_to(FrameSink& frames) const;

  // Also gives the memory back.
  void clear();

 private:
  const Encoding encoding_;
  std::string bytes_;
};

}  // namespace lws_chat
