#pragma once

#include "core/log/message.h"

namespace lws_chat {

// Encodes an event as a push of the structured dialect in protobuf, in the frames of one WebSocket message. What JSON
// readers see as append_push() writes it, these see as it was published.
void append_proto_push(FrameSink& sink, const Event& event);

}  // namespace lws_chat
