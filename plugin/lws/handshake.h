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

// HTTP_CONFIRM_UPGRADE: only to WebSocket. Returns what the callback has to return.
int judge_upgrade(lws* wsi);

// What an upgrade request asks for by its path: the structured dialect, a room in the text dialect, or, without
// either, nothing of ours.
struct Target {
  bool structured = false;
  std::string room;
};
Target requested(lws* wsi, const Options& options);

}  // namespace lws_chat
