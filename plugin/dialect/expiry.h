#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/log/message.h"

namespace lws_chat {

inline constexpr int64_t kNotDue = std::numeric_limits<int64_t>::max();

// The end of what a token or a back end has given only for a time: a connection, or the place in a room. Unix seconds.
struct Expiry {
  int64_t at = 0;         // 0: never
  bool renewing = false;  // the back end was asked if it may go on

  // Returns when it ends, or when the back end is to be asked; kNotDue: neither. A client that has to show a new token
  // has `grace`, in microseconds, for that.
  int64_t due(bool back_end_renews, Time grace) const {
    if (at == 0 || renewing) return kNotDue;
    return back_end_renews ? at : at + grace / 1'000'000;
  }
};

// Returns the microseconds to wait until that has passed, at most an hour, so that a changed clock is noticed. It is
// one second more, because times are whole seconds here and not there. Precondition: `due` is not kNotDue.
inline Time wait_for(int64_t due, int64_t today) { return std::clamp<int64_t>(due + 1 - today, 0, 3600) * 1'000'000; }

}  // namespace lws_chat
