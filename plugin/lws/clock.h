#pragma once

#include <libwebsockets.h>

#include <chrono>
#include <cstdint>

#include "core/log/message.h"

namespace lws_chat {

// The hub's clock is that of lws.
inline Time now() { return static_cast<Time>(lws_now_usecs()); }

// The time of day, in milliseconds since 1970.
inline int64_t unix_ms() {
  auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

}  // namespace lws_chat
