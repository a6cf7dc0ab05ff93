// The same as structured.h in protobuf (definitions/client.proto of github.com/centrifugal/protocol).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench::proto {

// Fields of Command, Reply, Push and Publication.
enum : uint8_t {
  kId = 1,
  kConnect = 4,
  kSubscribe = 5,
  kPublish = 7,
  kError = 2,
  kPush = 4,
  kSubscribed = 6,
  kPub = 4,
  kData = 4
};

inline void append_number(std::string& bytes, uint64_t number) {
  for (; number > 0x7f; number >>= 7) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

inline void append_field(std::string& bytes, uint8_t field, std::string_view value) {
  bytes += static_cast<char>(field << 3 | 2);
  append_number(bytes, value.size());
  bytes += value;
}

inline std::string command(uint64_t id, uint8_t method, std::string_view request) {
  std::string body(1, static_cast<char>(kId << 3));
  append_number(body, id);
  append_field(body, method, request);
  std::string message;
  append_number(message, body.size());
  return message += body;
}

inline std::string greeting(const std::string& channel) {
  std::string request;
  append_field(request, 1, channel);
  return command(1, kConnect, "") + command(2, kSubscribe, request);
}

// The text is published as a JSON string.
inline std::string publication(uint64_t id, const std::string& channel, std::string_view text) {
  std::string request;
  append_field(request, 1, channel);
  append_field(request, 2, '"' + std::string(text) + '"');
  return command(id, kPublish, request);
}

inline uint64_t take_number(std::string_view& bytes) {
  uint64_t number = 0;
  for (unsigned shift = 0; !bytes.empty() && shift < 64; shift += 7) {
    auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return number;
}

inline std::string_view take_bytes(std::string_view& bytes) {
  uint64_t size = take_number(bytes);
  std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(taken.size());
  return taken;
}

// The first field of that number that holds bytes. Its data is nullptr if there is none.
inline std::string_view find(std::string_view message, uint8_t field) {
  while (!message.empty()) {
    uint64_t tag = take_number(message);
    if ((tag & 7) == 2) {
      std::string_view value = take_bytes(message);
      if (tag >> 3 == field) return value;
    } else {
      take_number(message);
    }
  }
  return {};
}

inline bool any_reply_has(std::string_view message, uint8_t field) {
  while (!message.empty())
    if (find(take_bytes(message), field).data()) return true;
  return false;
}

inline bool subscribed(std::string_view message) { return any_reply_has(message, kSubscribed); }

inline bool refused(std::string_view message) { return any_reply_has(message, kError); }

// The text in a push. Empty: the message is not a push.
inline std::string_view published(std::string_view message) {
  std::string_view data = find(find(find(take_bytes(message), kPush), kPub), kData);
  return data.size() < 2 ? std::string_view() : data.substr(1, data.size() - 2);
}

inline bool is_ping(std::string_view message) { return message.size() == 1 && message[0] == 0; }

}  // namespace bench::proto
