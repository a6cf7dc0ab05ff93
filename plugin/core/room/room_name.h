#pragma once

#include <cstddef>
#include <string_view>

namespace lws_chat {

inline constexpr size_t kMaxRoomName = 255;  // bytes

// For messages to users.
inline constexpr std::string_view kRoomNames =
    "1 to 255 bytes of UTF-8 without / and control characters, and not . or ..";

// Returns true if a text may name a room: UTF-8 of 1 to 255 bytes without control characters and without '/'. Clients
// and proxies remove "." and ".." from a URL, so that rooms of these names could never be reached.
bool is_room_name(std::string_view name);

// Returns true if a room of this name may be shared by nodes. In Redis, `stream.` and a room's name is the key of its
// messages, and `stream.meta.` and its name that of its position, as with Centrifugo: a room `meta.X` would have its
// messages where X has its position, and each of them could end the other one.
bool may_be_shared(std::string_view room);

// Returns the namespace in a room's name: what is before the first colon, without the $ of rooms that need a token.
// Empty: none.
std::string_view namespace_in(std::string_view room);

}  // namespace lws_chat
