#pragma once

#include <libwebsockets.h>

#include <cstddef>

namespace lws_chat {

class VhostState;

// LWS_CALLBACK_HTTP: GET / of the mount leads to the page, everything else is not found. `path` is what
// follows the mount point. Returns what the callback has to return.
int serve_http(lws* wsi, VhostState* vhost, const char* path, size_t size);

}  // namespace lws_chat
