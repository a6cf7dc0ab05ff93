#pragma once

#include <string>
#include <string_view>
#include <vector>

// For messages about what a user has written.
namespace lws_chat {

std::string quoted(std::string_view text);

// The nearest of some words to a mistyped one by edit distance; empty when none is near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace lws_chat
