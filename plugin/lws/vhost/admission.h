#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/ending.h"

namespace lws_chat {

class VhostState;

// Whether a new client may come, whatever it speaks: kOk, or why not; `detail` says more of it for the log. Counts
// it for max-joins-per-second. `rooms` are those that it will be in at once. `vhost` may be nullptr.
Status judge_client(lws* wsi, VhostState* vhost, const std::vector<std::string>& rooms, std::string& detail);

// True if the request is for a name of this server. If not, `detail` is the name.
bool asked_for_us(lws* wsi, VhostState& vhost, std::string& detail);

// FILTER_NETWORK_CONNECTION: whether a connection that was just accepted may stay. If not, that is logged and counted.
// `vhost` may be nullptr.
bool may_connect(lws* listener, VhostState* vhost, int fd);

// Logs and counts a refusal.
void note_refusal(lws* wsi, VhostState* vhost, Status status, const std::string& detail);

}  // namespace lws_chat
