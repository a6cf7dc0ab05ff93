#pragma once

#include <libwebsockets.h>

#include <string>

#include "config/options.h"
#include "core/ending.h"

namespace lws_chat {

class VhostState;

// FILTER_PROTOCOL_CONNECTION: judges an upgrade request by path, origin and room for one more. When
// it is refused, the answer has been written and logged. `vhost` may be nullptr.
[[nodiscard]] bool admit(lws* wsi, VhostState* vhost);

// HTTP_CONFIRM_UPGRADE, of an upgrade to WebSocket: refuses what lws would end without an answer. Returns what the
// callback has to return. `vhost` may be nullptr.
int judge_handshake(lws* wsi, VhostState* vhost);

// RAW_ADOPT: no raw connection is served. Returns what the callback has to return. `vhost` may be nullptr.
int refuse_raw(lws* wsi, VhostState* vhost);

// What an upgrade request asks for by its path: the structured dialect, a room in the text dialect, or, without
// either, nothing of ours.
struct Target {
  bool structured = false;
  std::string room;
};
Target requested(lws* wsi, const Options& options);

}  // namespace lws_chat
