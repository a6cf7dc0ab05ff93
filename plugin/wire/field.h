#pragma once

#include <cstdint>
#include <string_view>

namespace lws_chat {

// Values of HTTP fields, as RFC 9110 section 5 writes them.

// Without the blanks and tabs around it, which are no part of a value.
std::string_view trimmed(std::string_view value);

// True if two tokens are the same: their case does not matter.
bool same_token(std::string_view a, std::string_view b);

// True if a list, its members separated by commas, has the token.
bool has_token(std::string_view list, std::string_view token);

// The type of "Type/Subtype; parameters".
std::string_view media_type(std::string_view content_type);

// Reads a Content-Length: digits and nothing else. Returns false for anything else, as two lengths.
[[nodiscard]] bool read_content_length(std::string_view value, uint64_t& length);

}  // namespace lws_chat
