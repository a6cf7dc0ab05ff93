#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/log/message.h"

namespace lws_chat {

// Results of publications that were asked for with a key, so that a back end that is not sure may ask again: the
// second time nothing is published, and it is told the same.
class Idempotency {
 public:
  static constexpr Time kKeep = Time{300} * 1'000'000;  // microseconds
  static constexpr size_t kMost = 100000;               // of more the oldest are forgotten
  static constexpr size_t kLongest = 255;               // bytes of a key

  // What was said to the same key in that room; nullptr: nothing yet. Valid until the next change.
  const std::string* find(std::string_view room, std::string_view key, Time now);
  void add(std::string_view room, std::string_view key, std::string result, Time now);

 private:
  static std::string full(std::string_view room, std::string_view key);

  struct Age {
    Time until;
    std::string key;
  };
  std::unordered_map<std::string, std::string> results_;
  std::deque<Age> ages_;  // the oldest first
};

}  // namespace lws_chat
