#pragma once

#include <cstdint>

#include "core/log/message.h"

namespace lws_chat {

// How many lines a second what peers do may write into the log.
class LogBudget {
 public:
  static constexpr uint64_t kLinesPerSecond = 500;

  // Whether there may be one more now. `left_out` is how many there could not be before it, which the log should
  // say.
  bool take(Time now, uint64_t& left_out) {
    left_out = 0;
    if (now - since_ >= 1'000'000) {
      left_out = lines_ > kLinesPerSecond ? lines_ - kLinesPerSecond : 0;
      since_ = now;
      lines_ = 0;
    }
    return ++lines_ <= kLinesPerSecond;
  }

 private:
  Time since_ = 0;
  uint64_t lines_ = 0;  // asked for since then
};

}  // namespace lws_chat
