#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <string_view>

#include "core/log/message.h"

namespace lws_chat {

// What goes out of an answer's body in one write, in bytes.
constexpr size_t kMaxPiece = 16384;

// How often it is looked whether an HTTP/2 peer has opened its window again.
constexpr Time kWindowPoll = 20 * LWS_US_PER_MS;

// Whether the peer takes anything of the body now. lws calls at once, again and again, who asks to write while it
// does not.
bool window_open(lws* wsi);

// Writes the beginning of what is left of a body, as much as the peer's windows let it be; `ends`: nothing comes
// behind it. Returns the bytes written, 0 if the window is shut, or -1 if the connection cannot be written to.
int write_piece(lws* wsi, std::string_view left, bool ends);

}  // namespace lws_chat
