#pragma once

#include <cstdint>

#include "core/log/message.h"

namespace lws_chat {

// Rate limit for log lines that peers can trigger.
class LogBudget {
 public:
  static constexpr uint64_t kLinesPerSecond = 500;

  // Returns true if one more line may be written now. `left_out` is the number of lines refused before it, which the
  // log should say.
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
  uint64_t lines_ = 0;  // lines that were asked for since `since_`
};

}  // namespace lws_chat
