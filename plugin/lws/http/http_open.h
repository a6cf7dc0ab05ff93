#pragma once

#include <libwebsockets.h>

#include <string_view>

#include "lws/http/http_exchange.h"

namespace lws_chat {

class VhostState;

// What answers a request for a path below the mount of callback://lws-chat; nullptr: nothing of ours. `vhost` may
// be nullptr. To be deleted by the caller.
HttpExchange* open_exchange(lws* wsi, VhostState* vhost, std::string_view path);

}  // namespace lws_chat
