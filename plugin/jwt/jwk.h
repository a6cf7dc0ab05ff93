#pragma once

#include <optional>
#include <string>

#include "jwt/json_object.h"
#include "jwt/key.h"

namespace lws_chat {

struct JwkResult {
  std::optional<Key> key;   // absent: the key cannot verify tokens
  std::string problem;      // why not
  bool is_private = false;  // it also has the private part, which has no business here and is not used
};

// Reads a JSON Web Key: RSA and EC (RFC 7518 section 6), OKP (RFC 8037 section 2) and, if it may be a secret, oct.
JwkResult read_jwk(const JsonObject& jwk, bool may_be_secret);

}  // namespace lws_chat
