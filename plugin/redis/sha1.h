#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// The name of a script in Redis: the SHA-1 of its source, in hex. Throws std::runtime_error if OpenSSL has no SHA-1.
std::string sha1_hex(std::string_view source);

}  // namespace lws_chat
