#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// Appends a command as Redis' protocol wants it: the number of its words, then each word with its length.
// Without memory, std::bad_alloc is thrown: then append_command() has changed nothing.
void append_command_head(std::string& out, size_t words);
void append_word(std::string& out, std::string_view word);
void append_command(std::string& out, const std::vector<std::string_view>& words);

}  // namespace lws_chat
