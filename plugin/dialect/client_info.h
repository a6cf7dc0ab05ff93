#pragma once

#include <string>
#include <string_view>

#include "core/identity.h"

// The description of a client that others see, in every dialect: ClientInfo of Centrifuge's client protocol in JSON
// (github.com/centrifugal/protocol, definitions/client.proto).
namespace lws_chat {

// Makes the identity of a client. `conn_info` is JSON; empty: none.
IdentityPtr make_identity(std::string client, std::string_view user, std::string_view conn_info);

// Returns the identity of the same client in a room where it has more to show. `chan_info` is JSON.
IdentityPtr with_room_info(const Identity& identity, std::string_view chan_info);

}  // namespace lws_chat
