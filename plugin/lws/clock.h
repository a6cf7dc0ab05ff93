#pragma once

#include <libwebsockets.h>

#include "core/message.h"

namespace lws_chat {

// The hub's clock, which is lws's.
inline Time now() { return static_cast<Time>(lws_now_usecs()); }

}  // namespace lws_chat
