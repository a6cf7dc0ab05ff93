#pragma once

#include <string>

namespace lws_chat {

class VhostState;

// Answers for those who watch over the server. The metrics may have a vhost of their own that shares the hub of others,
// so both look at all vhosts of the hub.

// The numbers of the vhost's hub, in Prometheus's text format.
std::string metrics_of(VhostState& vhost);

// Whether a vhost of the hub takes no more clients.
bool hub_is_full(const VhostState& vhost);

}  // namespace lws_chat
