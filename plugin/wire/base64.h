#pragma once

#include <optional>
#include <string>
#include <string_view>

// Both decoders accept exactly one text for each sequence of bytes: foreign characters, line ends, a wrong padding and
// set bits behind the last byte are refused. So nobody can turn one valid token into another.
namespace lws_chat {

// base64url without padding, RFC 7515 section 2.
std::string base64url(std::string_view bytes);
std::optional<std::string> decode_base64url(std::string_view text);

// base64 with padding, RFC 4648 section 4.
std::string base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace lws_chat
