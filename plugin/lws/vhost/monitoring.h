#pragma once

#include <string>

namespace lws_chat {

class VhostState;

// Answers for monitoring. Metrics may have a vhost of their own, which shares the hub of other vhosts. So both
// functions look at all vhosts of the hub.

// The metrics of the vhost's hub, in Prometheus's text format.
std::string metrics_of(VhostState& vhost);

// Returns true if a vhost of the hub takes no more clients.
bool hub_is_full(const VhostState& vhost);

}  // namespace lws_chat
