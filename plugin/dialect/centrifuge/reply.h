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

// Appends {"push":{"channel":...,"unsubscribe":...}}: a back end took the client out of the room, for good.
void append_unsubscribe_push(std::string& json, std::string_view room);

// Appends {"data":...,"info":...,"tags":...,"offset":...,"time":...}.
// `unix_ms` is the time of publication, in milliseconds since 1970; 0: now, which is not written.
void append_publication(std::string& json, const Message& message, uint64_t offset, int64_t unix_ms = 0);

// Appends {"id":ID,"error":{...}}. `detail` is added to the protocol's own message; empty: nothing.
void append_error(std::string& json, uint32_t id, ClientError error, std::string_view detail);

}  // namespace lws_chat
