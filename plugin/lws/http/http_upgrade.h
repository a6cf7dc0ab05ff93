#pragma once

#include <libwebsockets.h>

namespace lws_chat {

// HTTP_CONFIRM_UPGRADE

// True if the upgrade that is asked for is WebSocket, the only one that is served.
bool wants_websocket(lws* wsi);

// What the callback has to return for any other. `name` is its argument, where lws reads the name of the upgrade again
// when the callback has returned.
int ignore_upgrade(lws* wsi, char* name);

}  // namespace lws_chat
