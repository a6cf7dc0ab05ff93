#include "jwt/algorithm.h"

namespace lws_chat {
namespace {

constexpr Algorithm kTable[] = {
    {"HS256", SignatureForm::kHmac, KeyKind::kSecret, "SHA256", 32, "secret"},
    {"HS384", SignatureForm::kHmac, KeyKind::kSecret, "SHA384", 48, "secret"},
    {"HS512", SignatureForm::kHmac, KeyKind::kSecret, "SHA512", 64, "secret"},
    {"RS256", SignatureForm::kRsaPkcs1, KeyKind::kRsa, "SHA256", 0, "RSA key"},
    {"RS384", SignatureForm::kRsaPkcs1, KeyKind::kRsa, "SHA384", 0, "RSA key"},
    {"RS512", SignatureForm::kRsaPkcs1, KeyKind::kRsa, "SHA512", 0, "RSA key"},
    {"PS256", SignatureForm::kRsaPss, KeyKind::kRsa, "SHA256", 0, "RSA key"},
    {"PS384", SignatureForm::kRsaPss, KeyKind::kRsa, "SHA384", 0, "RSA key"},
    {"PS512", SignatureForm::kRsaPss, KeyKind::kRsa, "SHA512", 0, "RSA key"},
    {"ES256", SignatureForm::kEcdsa, KeyKind::kP256, "SHA256", 64, "P-256 key"},
    {"ES384", SignatureForm::kEcdsa, KeyKind::kP384, "SHA384", 96, "P-384 key"},
    {"ES512", SignatureForm::kEcdsa, KeyKind::kP521, "SHA512", 132, "P-521 key"},
    {"EdDSA", SignatureForm::kEd25519, KeyKind::kEd25519, nullptr, 64, "Ed25519 key"},
    // The name since RFC 9864 section 2.2.
    {"Ed25519", SignatureForm::kEd25519, KeyKind::kEd25519, nullptr, 64, "Ed25519 key"},
};

}  // namespace

const Algorithm* find_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : kTable)
    if (algorithm.name == name) return &algorithm;
  return nullptr;
}

}  // namespace lws_chat
