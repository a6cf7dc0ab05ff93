#pragma once

#include <libwebsockets.h>

#include <string_view>

#include "lws/http/http_exchange.h"

namespace lws_chat {

class VhostState;

// Makes the answer to a request below the mount of callback://lws-chat. Returns nullptr if the path is not ours.
// `vhost` may be nullptr. The caller deletes the result.
HttpExchange* open_exchange(lws* wsi, VhostState* vhost, std::string_view path);

}  // namespace lws_chat
