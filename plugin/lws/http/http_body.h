#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <string_view>

#include "core/log/message.h"

namespace lws_chat {

// Most bytes of an answer's body in one write.
constexpr size_t kMaxPiece = 16384;

// Time between two looks at an HTTP/2 peer's window that is shut.
constexpr Time kWindowPoll = 20 * LWS_US_PER_MS;

// Returns true if the peer takes more of the body now. While it does not, lws answers a request to write at once, again
// and again.
bool window_open(lws* wsi);

// Writes the beginning of the rest of a body, as much as the peer's window allows. `ends`: the body ends with these
// bytes. Returns the bytes written, 0 if the window is shut, or -1 if the connection is broken.
int write_piece(lws* wsi, std::string_view left, bool ends);

}  // namespace lws_chat
