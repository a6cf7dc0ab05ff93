#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// Returns the SHA-1 (RFC 3174) of a text in lower-case hex: the name under which Redis keeps a script. It protects
// nothing.
std::string sha1_hex(std::string_view text);

}  // namespace lws_chat
