#pragma once

#include <string>

#include "core/log/message.h"

namespace lws_chat {

// Encodes an event as a push of the structured dialect in protobuf, in the frames of one WebSocket message. What JSON
// readers see as append_push() writes it, these see as it was published.
void append_proto_push(FrameSink& sink, const Event& event);

// The same, but the data is the event's patch, if it has one.
void append_proto_delta_push(FrameSink& sink, const Event& event);

// See Patch: makes the patch for append_proto_delta_push().
bool patch_bytes(std::string& patch, const Message& before, const Message& message);

}  // namespace lws_chat
