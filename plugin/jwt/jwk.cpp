#include "jwt/jwk.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <utility>

#include "jwt/openssl.h"
#include "jwt/secret.h"
#include "wire/base64.h"

namespace lws_chat {
namespace {

// The bytes of a member in base64url; absent: there is none, or it is empty or malformed.
std::optional<std::string> bytes_member(const JsonObject& jwk, std::string_view name) {
  std::string text;
  if (!jwk.read_text(name, text) || text.empty()) return std::nullopt;
  return decode_base64url(text);
}

BignumPtr number(const std::string& bytes) {
  return BignumPtr(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// nullptr: OpenSSL refuses the parts.
Key::Public build(const char* type, OSSL_PARAM_BLD* builder) {
  ParamsPtr parts(OSSL_PARAM_BLD_to_param(builder));
  KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parts || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  (void)EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parts.get());
  return {key, EVP_PKEY_free};
}

Key::Public read_rsa(const JsonObject& jwk) {
  std::optional<std::string> modulus = bytes_member(jwk, "n");
  std::optional<std::string> exponent = bytes_member(jwk, "e");
  if (!modulus || !exponent || modulus->size() > Key::kMostRsaBits || exponent->size() > Key::kMostRsaBits)
    return nullptr;
  BignumPtr n = number(*modulus);
  BignumPtr e = number(*exponent);
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return build("RSA", builder.get());
}

struct Curve {
  std::string_view name;
  const char* group;
  size_t bytes;  // of a coordinate, which has its leading zeros (RFC 7518 section 6.2.1.2)
};
constexpr Curve kCurves[] = {{"P-256", "prime256v1", 32}, {"P-384", "secp384r1", 48}, {"P-521", "secp521r1", 66}};

Key::Public read_ec(const JsonObject& jwk) {
  std::string name;
  std::optional<std::string> x = bytes_member(jwk, "x");
  std::optional<std::string> y = bytes_member(jwk, "y");
  if (!jwk.read_text("crv", name) || !x || !y) return nullptr;
  const Curve* curve =
      std::find_if(std::begin(kCurves), std::end(kCurves), [&](const Curve& known) { return known.name == name; });
  if (curve == std::end(kCurves) || x->size() != curve->bytes || y->size() != curve->bytes) return nullptr;
  std::string point = "\x04" + *x + *y;  // SEC 1 section 2.3.3: not compressed
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return build("EC", builder.get());
}

Key::Public read_okp(const JsonObject& jwk) {
  std::string curve;
  std::optional<std::string> x = bytes_member(jwk, "x");
  if (!jwk.read_text("crv", curve) || curve != "Ed25519" || !x) return nullptr;
  std::string_view bytes = *x;
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes_of(bytes), bytes.size());
  return {key, EVP_PKEY_free};
}

std::optional<Key> read_oct(const JsonObject& jwk, std::string& problem) {
  std::optional<std::string> secret = bytes_member(jwk, "k");
  problem = secret ? secret_length_problem(secret->size()) : "has no k in base64url";
  if (!problem.empty()) return std::nullopt;
  return Key::secret(std::move(*secret));
}

std::optional<Key> read_public(const JsonObject& jwk, const std::string& type, std::string& problem) {
  OpensslErrors errors;
  Key::Public read = type == "RSA" ? read_rsa(jwk) : type == "EC" ? read_ec(jwk) : read_okp(jwk);
  if (!read) {
    problem = type == "RSA"  ? "is RSA without a valid n and e"
              : type == "EC" ? "is EC without a valid crv (P-256, P-384 or P-521), x and y"
                             : "is OKP without crv Ed25519 and a valid x";
    return std::nullopt;
  }
  Key key = Key::public_key(std::move(read), problem);
  if (!problem.empty()) return std::nullopt;
  return key;
}

// Returns what keeps a key from verifying signatures by its own words: use and key_ops (RFC 7517 sections 4.2, 4.3).
std::string purpose_problem(const JsonObject& jwk) {
  std::string use = "sig";
  if (!jwk.read_text("use", use) || use != "sig") return "is not for signatures: its use is not sig";
  const JsonValue* operations = jwk.find("key_ops");
  if (!operations) return "";
  for (const JsonValue& operation : elements_of(*operations))
    if (std::string name; read_text(operation, name) && name == "verify") return "";
  return "is not for verifying: its key_ops lack verify";
}

std::optional<Key> read_key(const JsonObject& jwk, bool may_be_secret, std::string& problem) {
  std::string type;
  if (!jwk.read_text("kty", type) || type.empty()) problem = "has no kty";
  if (problem.empty()) problem = purpose_problem(jwk);
  if (!problem.empty()) return std::nullopt;
  if (type == "RSA" || type == "EC" || type == "OKP") return read_public(jwk, type, problem);
  if (type == "oct" && may_be_secret) return read_oct(jwk, problem);
  problem = type == "oct" ? "is a secret, which a public key set must not have" : "has a kty that is not known";
  return std::nullopt;
}

}  // namespace

JwkResult read_jwk(const JsonObject& jwk, bool may_be_secret) {
  JwkResult result;
  result.key = read_key(jwk, may_be_secret, result.problem);
  if (!result.key) return result;
  result.is_private = result.key->kind() != KeyKind::kSecret && jwk.find("d");
  if (!jwk.read_text("kid", result.key->id) || !jwk.read_text("alg", result.key->only_for))
    result.problem = "has a kid or alg that is not a text";
  const Algorithm* algorithm = find_algorithm(result.key->only_for);
  if (!result.key->only_for.empty() && (!algorithm || algorithm->key != result.key->kind()))
    result.problem = "has an alg that is not a signature of its kind of key";
  if (!result.problem.empty()) result.key.reset();
  return result;
}

}  // namespace lws_chat
