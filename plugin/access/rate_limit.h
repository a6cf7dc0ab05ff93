#pragma once

#include <algorithm>
#include <cstdint>

#include "core/log/message.h"

namespace lws_chat {

// Limits how fast one client may send: `rate` messages per second in the long run, and `burst` more at once. A message
// that comes too early is not refused; the client then owes time. This is the generic cell rate algorithm of ITU-T
// I.371, which needs one time per client.
class RateLimit {
 public:
  struct Settings {
    // Messages per second (0: no limit), and messages.
    Settings(uint64_t rate, uint64_t burst)
        : period(rate ? 1'000'000 / static_cast<Time>(rate) : 0), tolerance(period * static_cast<Time>(burst)) {}
    Time period;     // microseconds per message
    Time tolerance;  // microseconds that a client may owe
  };

  // Counts a message, or something that costs as much as `count` messages. Returns for how many microseconds the server
  // should not read from the client; 0: it may go on.
  Time note(const Settings& settings, Time now, uint64_t count = 1) {
    if (settings.period == 0) return 0;
    paid_until_ = std::max(paid_until_, now) + settings.period * static_cast<Time>(count);
    return std::max<Time>(0, paid_until_ - now - settings.tolerance);
  }

 private:
  Time paid_until_ = 0;
};

}  // namespace lws_chat
