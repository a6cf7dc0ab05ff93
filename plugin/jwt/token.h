#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "jwt/algorithm.h"

namespace lws_chat {

// A token as it came: its signature is not checked yet.
struct Token {
  const Algorithm* algorithm = nullptr;
  std::string key_id;            // kid; empty: not said
  std::string payload;           // JSON, unless somebody lies
  std::string_view signed_text;  // a slice of the token
  std::string signature;
};

// Bytes. Tokens travel in URLs and in header fields, which are smaller still.
constexpr size_t kLargestToken = size_t{16} * 1024;

// Takes a signed JSON Web Token apart (RFC 7515 section 5.2, compact). Returns what is wrong, or an empty text.
[[nodiscard]] std::string read_token(std::string_view text, Token& token);

}  // namespace lws_chat
