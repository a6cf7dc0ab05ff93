#pragma once

#include <string>

namespace lws_chat {

// Which tokens are accepted: the options token-*. Empty texts are not set. Key sets take the place of secrets and
// public keys, as in Centrifugo.
struct JwtSettings {
  std::string secret_file;           // secret of HS256, HS384 and HS512
  std::string previous_secret_file;  // the secret before that, while it is being replaced
  std::string public_key_file;       // PEM: public keys and certificates
  std::string jwks_file;             // JSON Web Key Set (RFC 7517)
  std::string jwks_url;              // the same, fetched by others; jwks_file counts until it is there
  std::string audience;              // one that aud must have
  std::string issuer;                // what iss must be

  bool uses_key_set() const { return !jwks_file.empty() || !jwks_url.empty(); }

  // True if a vhost accepts tokens at all.
  bool accepts_tokens() const { return !secret_file.empty() || !public_key_file.empty() || uses_key_set(); }
};

}  // namespace lws_chat
