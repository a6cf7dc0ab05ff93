#pragma once

#include <libwebsockets.h>

#include <string>

#include "config/options.h"
#include "core/ending.h"
#include "dialect/centrifuge/encoding.h"

namespace lws_chat {

class VhostState;

// FILTER_PROTOCOL_CONNECTION: judges an upgrade request by its path and origin and by the limits. Returns false if it
// has refused the request: then it has written and logged the answer. `vhost` may be nullptr.
[[nodiscard]] bool admit(lws* wsi, VhostState* vhost);

// HTTP_CONFIRM_UPGRADE for a WebSocket: refuses a request that lws would end without an answer. Returns the result of
// the callback. `vhost` may be nullptr.
int judge_handshake(lws* wsi, VhostState* vhost);

// RAW_ADOPT: no raw connection is served. Returns the result of the callback. `vhost` may be nullptr.
int refuse_raw(lws* wsi, VhostState* vhost);

// The aim of an upgrade request, by its path: the structured dialect, in protobuf if the request says so, or a room in
// the text dialect. Without either, the path is not ours.
struct Target {
  bool structured = false;
  Encoding encoding = Encoding::kJson;  // of the structured dialect
  std::string room;
};
Target requested(lws* wsi, const Options& options);

}  // namespace lws_chat
