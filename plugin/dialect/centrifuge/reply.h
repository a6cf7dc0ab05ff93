#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/identity.h"
#include "core/log/message.h"
#include "dialect/centrifuge/client_error.h"

// What the structured dialect says: replies and pushes of Centrifuge's client protocol in JSON
// (github.com/centrifugal/protocol, definitions/client.proto).
namespace lws_chat {

// Somebody as the others see it. `conn_info` is JSON; empty: none.
IdentityPtr make_identity(std::string client, std::string_view user, std::string_view conn_info);

// Appends what was published, as JSON. Bytes have no form there: they are {"base64":"..."}.
void append_data(std::string& json, const Message& message);

// Encode: a push, as the frames of one WebSocket message.
void append_push(FrameSink& sink, const Event& event);

// {"push":{"message":{"data":"TEXT"}}}, for this client alone.
std::string message_push(std::string_view text);

// Appends {"push":{"channel":...,"unsubscribe":...}}: a back end took the client out of the room, for good.
void append_unsubscribe_push(std::string& json, std::string_view room);

// Appends {"data":...,"info":...,"tags":...,"offset":...,"time":...}.
// `unix_ms` is when it was published, in milliseconds since 1970; 0: now, which is not said.
void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms = 0);

// Appends {"id":ID,"error":{...}}; `detail` says more than the protocol's own message, and may be empty.
void append_error(std::string& json, uint32_t id, ClientError error, std::string_view detail);

}  // namespace lws_chat
