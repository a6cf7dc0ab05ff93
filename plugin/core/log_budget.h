#pragma once

#include <cstdint>

#include "core/log/message.h"

namespace lws_chat {

// Rate limit for log lines that peers can trigger.
class LogBudget {
 public:
  static constexpr uint64_t kLinesPerSecond = 500;

  explicit LogBudget(uint64_t lines_per_second = kLinesPerSecond) : most_(lines_per_second) {}

  // Returns true if one more line may be written now. `left_out` is the number of lines refused before it, which the
  // log should say.
  bool take(Time now, uint64_t& left_out) {
    left_out = 0;
    if (now - since_ >= 1'000'000) {
      left_out = lines_ > most_ ? lines_ - most_ : 0;
      since_ = now;
      lines_ = 0;
    }
    return ++lines_ <= most_;
  }

 private:
  uint64_t most_;  // lines a second
  Time since_ = 0;
  uint64_t lines_ = 0;  // lines that were asked for since `since_`
};

}  // namespace lws_chat
