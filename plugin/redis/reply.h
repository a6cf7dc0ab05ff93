#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lws_chat {

// The answer of a Redis server to a command.
struct RedisReply {
  enum class Kind : uint8_t {
    kLost,  // there is no connection, or it was lost before the answer came: nobody knows if the command was done
    kNil,
    kInteger,
    kText,  // also a simple string, such as OK
    kError,
    kArray
  };

  Kind kind = Kind::kNil;
  int64_t integer = 0;              // of kInteger
  std::string text{};               // of kText and kError; of kLost why there is no answer
  std::vector<RedisReply> items{};  // of kArray

  bool is_text() const { return kind == Kind::kText; }
  bool is_error() const { return kind == Kind::kError; }
  bool is_lost() const { return kind == Kind::kLost; }
};

}  // namespace lws_chat
