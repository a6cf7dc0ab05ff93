#pragma once

#include "core/log/message.h"

namespace lws_chat {

// Appends a publication as the frames of a text client's message. Of a JSON string, the client gets the text itself.
void append_text(FrameSink& sink, const Event& event);

}  // namespace lws_chat
