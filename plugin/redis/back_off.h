#pragma once

#include <algorithm>

#include "core/log/message.h"
#include "core/random.h"

namespace lws_chat {

// How long to wait before the next attempt: a random time, so that many servers do not come at once, of a range that
// doubles with each attempt.
class BackOff {
 public:
  static constexpr Time kShortest = 100'000;
  static constexpr Time kLongest = 5'000'000;

  // From a fifth of the range to all of it.
  Time next() {
    Time range = range_;
    range_ = std::min(range_ * 2, kLongest);
    Time least = range / 5;
    return least + static_cast<Time>(random_.next() % static_cast<uint64_t>(range - least + 1));
  }

  void reset() { range_ = kShortest; }

 private:
  Random random_{system_random};
  Time range_ = kShortest;
};

}  // namespace lws_chat
