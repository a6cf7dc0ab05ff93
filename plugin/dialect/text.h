#pragma once

#include <string_view>

#include "core/hub.h"
#include "config/options.h"

namespace lws_chat {

// The tutorial's dialect: what a client sends is a message for the room, as it is, and what it
// receives are the room's messages. One word is special: the close word is broadcast like any text,
// then the sender is dismissed.
//
// Takes one complete message. Returns kOk, or why the sender has to be closed.
Status receive_text(Hub& hub, Client& client, const Options& options, const Message& message, Time now);

// Encode: a publication as the frames of a message; JSON that is just a string is that string.
void append_text(FrameSink& sink, const Event& event);

}  // namespace lws_chat
