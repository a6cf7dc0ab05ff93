#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/log/message.h"
#include "dialect/centrifuge/client_error.h"

// The output of the structured dialect: replies and pushes of Centrifuge's client protocol in JSON
// (github.com/centrifugal/protocol, definitions/client.proto).
namespace lws_chat {

// Appends the payload as JSON. Binary messages become {"base64":"..."}.
void append_data(std::string& json, const Message& message);

// Encodes an event as a push, in the frames of one WebSocket message.
void append_push(FrameSink& sink, const Event& event);

// Returns {"push":{"message":{"data":"TEXT"}}}, for one client alone.
std::string message_push(std::string_view text);

// Appends {"push":{"channel":...,"unsubscribe":...}}: the client is out of the room. After a code below 2500 an SDK
// does not subscribe again by itself: centrifugal.dev/docs/server/codes.
void append_unsubscribe_push(std::string& json, std::string_view room, unsigned code, std::string_view reason);

// Appends {"push":{"channel":...,"subscribe":RESULT}}: a back end put the client into the room.
void append_subscribe_push(std::string& json, std::string_view room, std::string_view result);

// Appends {"push":{"refresh":RESULT}}: a back end changed when the connection expires.
void append_refresh_push(std::string& json, std::string_view result);

// Appends {"data":...,"info":...,"tags":...,"offset":...,"time":...,"version":...}.
// `unix_ms` is the time of publication, in milliseconds since 1970; 0: now, which is not written.
void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms = 0);

// Appends {"id":ID,"error":{...}}. `detail` is added to the protocol's own message; empty: nothing.
void append_error(std::string& json, uint32_t id, ClientError error, std::string_view detail);

// The same with a code and message that a back end chose.
void append_error(std::string& json, uint32_t id, uint32_t code, std::string_view message, bool temporary);

}  // namespace lws_chat
