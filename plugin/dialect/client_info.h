#pragma once

#include <string>
#include <string_view>

#include "core/identity.h"

// The description of a client that others see, in every dialect: ClientInfo of Centrifuge's client protocol in JSON
// (github.com/centrifugal/protocol, definitions/client.proto).
namespace lws_chat {

// Makes the identity of a client. `conn_info` is JSON; empty: none.
IdentityPtr make_identity(std::string client, std::string_view user, std::string_view conn_info);

}  // namespace lws_chat
