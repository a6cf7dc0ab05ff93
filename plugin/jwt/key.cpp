#include "jwt/key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <optional>
#include <utility>

#include "jwt/openssl.h"

namespace lws_chat {
namespace {

std::string hmac(const Algorithm& algorithm, std::string_view secret, std::string_view text) {
  unsigned char code[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(EVP_get_digestbyname(algorithm.digest), secret.data(), static_cast<int>(secret.size()), bytes_of(text),
            text.size(), code, &size))
    return "";
  return {reinterpret_cast<const char*>(code), size};
}

// OpenSSL wants the ASN.1 form of an ECDSA signature. An empty text: there is none.
std::string asn1_signature(std::string_view r_and_s) {
  size_t half = r_and_s.size() / 2;
  EcdsaPtr signature(ECDSA_SIG_new());
  BignumPtr r(BN_bin2bn(bytes_of(r_and_s), static_cast<int>(half), nullptr));
  BignumPtr s(BN_bin2bn(bytes_of(r_and_s.substr(half)), static_cast<int>(half), nullptr));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return "";
  (void)r.release();  // the signature owns them now
  (void)s.release();
  unsigned char* encoded = nullptr;
  int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  if (size <= 0) return "";
  std::string text(reinterpret_cast<const char*>(encoded), static_cast<size_t>(size));
  OPENSSL_free(encoded);
  return text;
}

bool set_pss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool verify_public(const Algorithm& algorithm, EVP_PKEY* key, std::string_view text, std::string_view signature) {
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // the digest context's
  const EVP_MD* digest = algorithm.digest ? EVP_get_digestbyname(algorithm.digest) : nullptr;
  if (!context || EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, key) != 1) return false;
  if (algorithm.form == SignatureForm::kRsaPss && !set_pss(key_context)) return false;
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

std::optional<KeyKind> ec_kind(EVP_PKEY* key) {
  char name[64] = "";
  size_t size = 0;
  if (EVP_PKEY_get_group_name(key, name, sizeof name, &size) != 1) return std::nullopt;
  std::string_view group(name, size);
  if (group == "prime256v1" || group == "P-256") return KeyKind::kP256;
  if (group == "secp384r1" || group == "P-384") return KeyKind::kP384;
  if (group == "secp521r1" || group == "P-521") return KeyKind::kP521;
  return std::nullopt;
}

// With the exponent 1 everybody can sign.
bool has_good_exponent(EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number) != 1) return false;
  BignumPtr exponent(number);
  return BN_is_odd(number) && !BN_is_one(number) && BN_num_bits(number) <= 64;
}

std::string rsa_problem(EVP_PKEY* key) {
  auto bits = static_cast<size_t>(EVP_PKEY_get_bits(key));
  if (bits < Key::kFewestRsaBits || bits > Key::kMostRsaBits)
    return "is an RSA key of " + std::to_string(bits) + " bits, expected " + std::to_string(Key::kFewestRsaBits) +
           " to " + std::to_string(Key::kMostRsaBits);
  return has_good_exponent(key) ? "" : "is an RSA key whose exponent is not safe, expected 65537";
}

bool is_valid_point(EVP_PKEY* key) {
  KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

}  // namespace

Key Key::secret(std::string bytes) { return {KeyKind::kSecret, std::move(bytes), nullptr}; }

Key Key::public_key(Public key, std::string& problem) {
  OpensslErrors errors;
  KeyKind kind = KeyKind::kRsa;
  if (EVP_PKEY_is_a(key.get(), "RSA")) {
    problem = rsa_problem(key.get());
  } else if (EVP_PKEY_is_a(key.get(), "ED25519")) {
    kind = KeyKind::kEd25519;
  } else if (std::optional<KeyKind> curve = EVP_PKEY_is_a(key.get(), "EC") ? ec_kind(key.get()) : std::nullopt) {
    kind = *curve;
    if (!is_valid_point(key.get())) problem = "is an EC key whose point is not on its curve";
  } else {
    problem = "is of a kind that tokens do not have, expected RSA, EC with P-256, P-384 or P-521, or Ed25519";
  }
  return {kind, "", std::move(key)};
}

bool Key::fits(const Algorithm& other) const {
  if (other.key != kind_) return false;
  if (only_for.empty() || only_for == other.name) return true;
  const Algorithm* own = find_algorithm(only_for);  // EdDSA has two names
  return own && own->form == SignatureForm::kEd25519 && other.form == SignatureForm::kEd25519;
}

bool Key::verify(const Algorithm& algorithm, std::string_view signed_text, std::string_view signature) const {
  if (algorithm.key != kind_) return false;
  OpensslErrors errors;
  size_t size = algorithm.signature_bytes;
  if (size == 0) size = static_cast<size_t>(EVP_PKEY_get_size(key_.get()));
  if (signature.size() != size) return false;
  if (kind_ == KeyKind::kSecret) {
    std::string right = hmac(algorithm, secret_, signed_text);
    return right.size() == size && CRYPTO_memcmp(right.data(), signature.data(), size) == 0;
  }
  if (algorithm.form != SignatureForm::kEcdsa) return verify_public(algorithm, key_.get(), signed_text, signature);
  std::string encoded = asn1_signature(signature);
  return !encoded.empty() && verify_public(algorithm, key_.get(), signed_text, encoded);
}

std::string Key::sign(const Algorithm& algorithm, std::string_view text) const {
  OpensslErrors errors;
  return hmac(algorithm, secret_, text);
}

}  // namespace lws_chat
