#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// Makes other people's text fit for a log line: in double quotes, on one line, at most `most` bytes of it. Control
// characters, quotes, backslashes, bytes that are not UTF-8, and characters that change how a line reads (line
// separators, marks of writing direction) are escaped as in C. Other characters stay as they are.
std::string in_log(std::string_view text, size_t most = 200);

}  // namespace lws_chat
