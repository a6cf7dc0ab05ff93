#pragma once

#include <cstdint>
#include <string_view>

namespace lws_chat {

// Parsers for values of HTTP fields, RFC 9110 section 5.

// Returns the value without the blanks and tabs around it.
std::string_view trimmed(std::string_view value);

// Compares two tokens without regard to case.
bool same_token(std::string_view a, std::string_view b);

// Returns true if a comma-separated list has the token.
bool has_token(std::string_view list, std::string_view token);

// Returns "Type/Subtype" of "Type/Subtype; parameters".
std::string_view media_type(std::string_view content_type);

// Reads a Content-Length. Returns false unless it consists of digits only.
[[nodiscard]] bool read_content_length(std::string_view value, uint64_t& length);

}  // namespace lws_chat
