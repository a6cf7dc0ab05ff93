#pragma once

#include <cstddef>
#include <string_view>

namespace lws_chat {

// Returns the index of the server that keeps a room: a jump consistent hash (arxiv.org/abs/1406.2294) of the name's
// FNV-1a hash of 64 bits, as Centrifugo chooses it. With one more server, 1/(servers + 1) of the rooms move, all of
// them to the new one. Precondition: servers > 0.
size_t server_of_room(std::string_view room, size_t servers);

}  // namespace lws_chat
