#pragma once

#include <string_view>

namespace lws_chat {

// Returns true if the bytes are UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace lws_chat
