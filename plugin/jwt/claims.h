#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/tokens.h"
#include "jwt/json_object.h"

// The claims of tokens: those of RFC 7519 section 4.1, and Centrifugo's. The functions return what is wrong with a
// claim, or an empty text.
namespace lws_chat {

struct RegisteredClaims {
  std::string user;  // sub
  std::string id;    // jti
  std::string issuer;
  std::vector<std::string> audience;
  std::optional<int64_t> expires;     // exp, Unix seconds. Fractions are rounded up
  std::optional<int64_t> not_before;  // nbf
  std::optional<int64_t> issued;      // iat
};

[[nodiscard]] std::string read_registered(const JsonObject& payload, RegisteredClaims& claims);

// The room of a subscription's token; empty: it is a connection's.
[[nodiscard]] std::string read_channel(const JsonObject& payload, std::string& room);

[[nodiscard]] std::string read_claims(const JsonObject& payload, const RegisteredClaims& registered,
                                      ConnectionClaims& claims);
[[nodiscard]] std::string read_claims(const JsonObject& payload, const RegisteredClaims& registered,
                                      SubscriptionClaims& claims);

}  // namespace lws_chat
