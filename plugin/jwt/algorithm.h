#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lws_chat {

// What a key can do. A key has one kind, and an algorithm works with one kind only: so a public key is never taken for
// a secret, and a P-256 key never signs ES384.
enum class KeyKind : uint8_t { kSecret, kRsa, kP256, kP384, kP521, kEd25519 };

enum class SignatureForm : uint8_t {
  kHmac,      // RFC 7518 section 3.2
  kRsaPkcs1,  // section 3.3
  kRsaPss,    // section 3.5; the salt is as long as the digest
  kEcdsa,     // section 3.4: r and s, one after the other
  kEd25519,   // RFC 8037 section 3.1
};

struct Algorithm {
  std::string_view name;  // "alg"
  SignatureForm form;
  KeyKind key;
  const char* digest;         // OpenSSL's name; nullptr: part of the algorithm
  size_t signature_bytes;     // 0: those of the RSA key's modulus
  std::string_view key_name;  // for messages
};

// nullptr: unknown. "none" is.
const Algorithm* find_algorithm(std::string_view name);

}  // namespace lws_chat
