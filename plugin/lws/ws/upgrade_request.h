#pragma once

#include <libwebsockets.h>

#include <string>

#include "core/ending.h"

namespace lws_chat {

// A reason not to upgrade: its status, and why, for the client.
struct UpgradeFault {
  Status status = Status::kOk;
  std::string why{};
};

// What is wrong with a request for a WebSocket over HTTP/1.1. lws would end the connection without an answer for most
// of it. To be asked before lws looks: in HTTP_CONFIRM_UPGRADE.
UpgradeFault find_upgrade_fault(lws* wsi);

}  // namespace lws_chat
