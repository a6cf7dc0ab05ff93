#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// Other people's text as it may stand in a log line: in double quotes, on one line, at most `most` bytes of it.
// Control characters, quotes, backslashes, and characters that change how a line reads (line separators, marks of
// writing direction) are escaped as in C; so are bytes that are not UTF-8. Other characters stay as they are.
std::string in_log(std::string_view text, size_t most = 200);

}  // namespace lws_chat
