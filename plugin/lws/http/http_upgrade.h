#pragma once

#include <libwebsockets.h>

namespace lws_chat {

// HTTP_CONFIRM_UPGRADE

// Returns true if the request asks for a WebSocket, the only upgrade that is served.
bool wants_websocket(lws* wsi);

// Refuses or ignores any other upgrade. Returns the result of the callback. `name` is the callback's argument, from
// which lws reads the name of the upgrade again.
int ignore_upgrade(lws* wsi, char* name);

}  // namespace lws_chat
