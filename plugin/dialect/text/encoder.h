#pragma once

#include "core/log/message.h"

namespace lws_chat {

// Encode: a publication as the frames of a message of the text dialect; JSON that is just a string is that string.
void append_text(FrameSink& sink, const Event& event);

}  // namespace lws_chat
