#pragma once

#include <algorithm>
#include <cstdint>

#include "core/log/message.h"

namespace lws_chat {

// How much one client may send: `rate` messages a second for long, `burst` above that at once. A message
// that comes too soon is not refused: the client owes the time. (The generic cell rate algorithm, ITU-T
// I.371: one time per client.)
class RateLimit {
 public:
  struct Settings {
    // Messages per second, 0 for no limit, and messages.
    Settings(uint64_t rate, uint64_t burst)
        : period(rate ? 1'000'000 / static_cast<Time>(rate) : 0), tolerance(period * static_cast<Time>(burst)) {}
    Time period;     // microseconds of one message
    Time tolerance;  // microseconds that may be owed
  };

  // Notes a message, or what costs as much as `count`. Returns for how many microseconds no more should be read
  // from the client; 0: none.
  Time note(const Settings& settings, Time now, uint64_t count = 1) {
    if (settings.period == 0) return 0;
    paid_until_ = std::max(paid_until_, now) + settings.period * static_cast<Time>(count);
    return std::max<Time>(0, paid_until_ - now - settings.tolerance);
  }

 private:
  Time paid_until_ = 0;
};

}  // namespace lws_chat
