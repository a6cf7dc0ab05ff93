#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/ending.h"

namespace lws_chat {

class VhostState;

// Decides if a request may come from where it comes from: kOk, or why not. `detail` says more for the log. `vhost` may
// be nullptr.
Status judge_request(lws* wsi, VhostState* vhost, std::string& detail);

// Decides if a new client may come, in any dialect: kOk, or why not. `detail` says more for the log. Counts the client
// for max-joins-per-second. `rooms` are those that it joins at once. `vhost` may be nullptr.
Status judge_client(lws* wsi, VhostState* vhost, const std::vector<std::string>& rooms, std::string& detail);

// Returns true if the request names this server. If not, `detail` is the name.
bool asked_for_us(lws* wsi, VhostState& vhost, std::string& detail);

// FILTER_NETWORK_CONNECTION. Returns true if a connection that was just accepted may stay. Logs and counts a refusal.
// `vhost` may be nullptr.
bool may_connect(lws* listener, VhostState* vhost, int fd);

// Logs and counts a refusal.
void note_refusal(lws* wsi, VhostState* vhost, Status status, const std::string& detail);

}  // namespace lws_chat
