#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "dialect/arrival.h"

namespace lws_chat {

class VhostState;

// Returns the token that a request shows, the first of: "Authorization: Bearer TOKEN", the cookie of the option
// token-cookie, and ?token=TOKEN. Empty: none.
//
// There is no place for it among the subprotocols, where a page could put it with any WebSocket: lws takes lists of at
// most 126 bytes and names of at most 63 (see ws/upgrade_request), and the shortest token is longer.
std::string token_in(lws* wsi, const Options& options);

// Returns true if a token or a back end has a say about a client that joins one room.
bool needs_arrival(lws* wsi, VhostState& vhost, const std::string& room);

// The arrival of a client whose request names its rooms. `transport` and `protocol` are constants for back ends.
std::unique_ptr<Arrival> arrival_of(lws* wsi, VhostState& vhost, std::string_view transport, std::string_view protocol,
                                    const std::vector<std::string>& rooms);

}  // namespace lws_chat
