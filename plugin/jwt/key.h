#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "jwt/algorithm.h"

// OpenSSL's EVP_PKEY, so that only .cpp files include OpenSSL.
struct evp_pkey_st;

namespace lws_chat {

// A key that verifies signatures. It is copied cheaply.
class Key {
 public:
  using Public = std::shared_ptr<evp_pkey_st>;

  static constexpr size_t kFewestRsaBits = 2048;  // RFC 7518 section 3.3
  static constexpr size_t kMostRsaBits = 8192;    // a larger one makes each check slow

  // The secret of HMAC.
  static Key secret(std::string bytes);

  // Takes an RSA, EC or Ed25519 key. If it cannot be used, `problem` says why ("is an RSA key of 1024 bits, ...").
  static Key public_key(Public key, std::string& problem);

  KeyKind kind() const { return kind_; }

  // Returns true if the signature is right. A key of another kind than the algorithm's never accepts one.
  bool verify(const Algorithm& algorithm, std::string_view signed_text, std::string_view signature) const;

  // The HMAC of a text. Precondition: the key and the algorithm are of the kind kSecret.
  std::string sign(const Algorithm& algorithm, std::string_view text) const;

  // Members of a JSON Web Key. Empty: not said.
  std::string id;        // kid
  std::string only_for;  // alg: the key is for no other algorithm

  // True if tokens with this algorithm can be signed with this key.
  bool fits(const Algorithm& other) const;

 private:
  Key(KeyKind kind, std::string secret, Public key) : kind_(kind), secret_(std::move(secret)), key_(std::move(key)) {}

  KeyKind kind_;
  std::string secret_;
  Public key_;
};

}  // namespace lws_chat
