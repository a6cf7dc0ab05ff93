#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/log/message.h"

namespace lws_chat {

// Results of publications with an idempotency key. A back end that is not sure may repeat a request: it gets the same
// result, and nothing is published again.
class Idempotency {
 public:
  static constexpr Time kKeep = Time{300} * 1'000'000;  // microseconds
  static constexpr size_t kMost = 100000;               // results; the oldest are dropped beyond that
  static constexpr size_t kLongest = 255;               // bytes of a key

  // Returns the result of the same key in that room, or nullptr. Valid until the next call.
  const std::string* find(std::string_view room, std::string_view key, Time now);
  void add(std::string_view room, std::string_view key, std::string result, Time now);

 private:
  static std::string full(std::string_view room, std::string_view key);

  struct Age {
    Time until;
    std::string key;
  };
  std::unordered_map<std::string, std::string> results_;
  std::deque<Age> ages_;  // oldest first
};

}  // namespace lws_chat
