#pragma once

#include <string>
#include <string_view>
#include <vector>

// Parts of error messages about a configuration.
namespace lws_chat {

std::string quoted(std::string_view text);

// Returns the word nearest to a mistyped one by edit distance. Empty: none is near.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace lws_chat
