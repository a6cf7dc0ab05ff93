#pragma once

#include <libwebsockets.h>

#include <cstddef>

namespace lws_chat {

class VhostState;

// LWS_CALLBACK_HTTP: GET / of the mount leads to the page, everything else is not found. `path` is the part behind the
// mount point. Returns the result of the callback.
int serve_http(lws* wsi, VhostState* vhost, const char* path, size_t size);

}  // namespace lws_chat
