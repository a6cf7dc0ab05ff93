#pragma once

#include <libwebsockets.h>

#include <string>

#include "core/options.h"
#include "core/status.h"

namespace lws_chat {

class VhostState;

// FILTER_PROTOCOL_CONNECTION: judges an upgrade request by path, origin and room for one more. When
// it is refused, the answer has been written and logged. `vhost` may be nullptr.
[[nodiscard]] bool admit(lws* wsi, VhostState* vhost);

// The room that an upgrade request asks for by its path; empty if the path is not one of the chat's.
std::string requested_room(lws* wsi, const Options& options);

// LWS_CALLBACK_HTTP: GET / of the mount leads to the page, everything else is not found. `path` is what
// follows the mount point. Returns what the callback has to return.
int serve_http(lws* wsi, VhostState* vhost, const char* path, size_t size);

}  // namespace lws_chat
