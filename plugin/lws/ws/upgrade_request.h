#pragma once

#include <libwebsockets.h>

#include <string>

#include "core/ending.h"

namespace lws_chat {

class VhostState;

// A reason to refuse an upgrade: its status, and words for the client.
struct UpgradeFault {
  Status status = Status::kOk;
  std::string why{};
};

// Looks for a fault in a request for a WebSocket over HTTP/1.1. For most of them lws would end the connection without
// an answer. To be called before lws looks, in HTTP_CONFIRM_UPGRADE. `vhost` may be nullptr.
UpgradeFault find_upgrade_fault(lws* wsi, VhostState* vhost);

}  // namespace lws_chat
