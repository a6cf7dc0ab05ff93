#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lws_chat {

// A shorter secret than 16 bytes is refused. RFC 7518 section 3.2 wants as many bytes as the digest has, 32 for HS256.
constexpr size_t kShortestSecret = 16;
constexpr size_t kGoodSecret = 32;
constexpr size_t kLongestSecret = 4096;

// Returns why a secret of this length cannot be used, or an empty text.
std::string secret_length_problem(size_t bytes);

// The secret of a file: its one line. Returns what is wrong with the text, or an empty text.
[[nodiscard]] std::string read_secret(std::string_view text, std::string& secret);

}  // namespace lws_chat
