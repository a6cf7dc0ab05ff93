#pragma once

#include <cstdint>
#include <string>

namespace lws_chat {

// What a token shall say. Empty texts and a time of 0 are left out.
struct TokenRequest {
  std::string user;        // sub; empty: anonymous
  std::string room;        // channel; empty: the token is for a connection
  std::string audience;    // aud
  std::string issuer;      // iss
  std::string id;          // jti
  int64_t issued_at = 0;   // Unix seconds
  int64_t expires_at = 0;  // Unix seconds
};

// Returns a token signed with HS256. Precondition: the texts are UTF-8.
std::string issue_token(const TokenRequest& request, const std::string& secret);

}  // namespace lws_chat
