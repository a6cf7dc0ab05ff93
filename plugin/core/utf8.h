#pragma once

#include <cstddef>
#include <string_view>

namespace lws_chat {

// Returns true if the bytes are UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// Returns the characters of a text that fit in so many bytes. Precondition: the text is UTF-8.
std::string_view utf8_prefix(std::string_view text, size_t most);

}  // namespace lws_chat
