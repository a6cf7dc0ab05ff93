#pragma once

#include <cstddef>

#include "core/log/message.h"

namespace lws_chat {

// Tells bytes that move slowly from those that only trickle, so that a peer cannot hold a connection with a byte now
// and then.
class Progress {
 public:
  // Bytes a second, after the first seconds. A slow line has more.
  static constexpr Time kSlowest = 4096;

  bool is_watched() const { return since_ != kNever; }
  void begin(Time now) {
    since_ = now;
    bytes_ = 0;
  }
  void move(size_t bytes) { bytes_ += static_cast<Time>(bytes); }
  void end() { since_ = kNever; }

  // When too few bytes have moved.
  Time deadline(Time patience) const {
    return is_watched() ? since_ + patience + bytes_ * 1'000'000 / kSlowest : kNever;
  }

 private:
  Time since_ = kNever;
  Time bytes_ = 0;
};

}  // namespace lws_chat
