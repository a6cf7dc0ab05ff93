#include "jwt/verifier.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "jwt/claims.h"
#include "jwt/key_files.h"
#include "jwt/token.h"

namespace lws_chat {
namespace {

using KeyList = std::vector<const Key*>;

KeyList keys_for(const Algorithm& algorithm, const std::vector<Key>& keys) {
  KeyList fitting;
  for (const Key& key : keys)
    if (key.fits(algorithm)) fitting.push_back(&key);
  return fitting;
}

KeyList keys_named(const std::string& id, const std::vector<Key>& keys) {
  KeyList named;
  for (const Key& key : keys)
    if (key.id == id) named.push_back(&key);
  return named;
}

struct Signature {
  TokenVerdict verdict;
  std::string reason;
};

Signature verify_with(const KeyList& keys, const Token& token) {
  if (keys.empty())
    return {TokenVerdict::kInvalid, "it is signed with " + std::string(token.algorithm->name) + ", and no " +
                                        std::string(token.algorithm->key_name) + " is configured for that"};
  for (const Key* key : keys)
    if (key->verify(*token.algorithm, token.signed_text, token.signature)) return {TokenVerdict::kValid, ""};
  return {TokenVerdict::kInvalid, "its signature is wrong"};
}

Signature verify_with_set(const std::vector<Key>& set, const Token& token) {
  if (token.key_id.empty()) {
    KeyList fitting = keys_for(*token.algorithm, set);
    // Centrifugo refuses every token without a kid. A set of one key leaves no doubt which it is.
    if (fitting.size() > 1) return {TokenVerdict::kInvalid, "it has no kid, and several keys of the set fit"};
    return verify_with(fitting, token);
  }
  KeyList named = keys_named(token.key_id, set);
  if (named.empty()) return {TokenVerdict::kUnknownKey, "its kid is not in the key set"};
  named.erase(std::remove_if(named.begin(), named.end(), [&](const Key* key) { return !key->fits(*token.algorithm); }),
              named.end());
  if (named.empty()) return {TokenVerdict::kInvalid, "the key with its kid is not for its alg"};
  return verify_with(named, token);
}

std::string for_us_problem(const JwtSettings& settings, const RegisteredClaims& claims) {
  const std::vector<std::string>& audience = claims.audience;
  if (!settings.audience.empty() && std::find(audience.begin(), audience.end(), settings.audience) == audience.end())
    return audience.empty() ? "it has no aud, expected token-audience" : "its aud is not token-audience";
  if (!settings.issuer.empty() && claims.issuer != settings.issuer)
    return claims.issuer.empty() ? "it has no iss, expected token-issuer" : "its iss is not token-issuer";
  return "";
}

// No leeway, as in Centrifugo.
std::string time_problem(const RegisteredClaims& claims, int64_t now) {
  if (claims.expires && *claims.expires <= now) return "it expired (exp)";
  if (claims.not_before && *claims.not_before > now) return "it is not valid yet (nbf)";
  return "";
}

template <typename Claims>
TokenCheck<Claims> check_claims(const Token& token, const JwtSettings& settings, int64_t now) {
  TokenCheck<Claims> check;
  check.genuine = true;
  JsonObject payload;
  RegisteredClaims registered;
  check.reason = payload.read(token.payload);
  if (!check.reason.empty()) check.reason = "its payload " + check.reason;
  if (check.reason.empty()) check.reason = read_registered(payload, registered);
  if (check.reason.empty()) check.reason = for_us_problem(settings, registered);
  Claims claims;
  if (check.reason.empty()) check.reason = read_claims(payload, registered, claims);
  if (!check.reason.empty()) return check;
  check.reason = time_problem(registered, now);
  check.verdict = check.reason.empty() ? TokenVerdict::kValid : TokenVerdict::kExpired;
  if (check.verdict == TokenVerdict::kValid) check.claims = std::move(claims);
  return check;
}

void add(const char* option, const std::string& path, KeysRead read, std::vector<Key>& keys,
         std::vector<std::string>& warnings, std::string& problem) {
  std::string place = std::string(option) + " " + path + ": ";
  if (!read.problem.empty() && problem.empty()) problem = place + read.problem;
  for (const std::string& warning : read.warnings) warnings.push_back(place + warning);
  std::move(read.keys.begin(), read.keys.end(), std::back_inserter(keys));
}

}  // namespace

struct JwtVerifier::Keys {
  std::vector<Key> secrets_and_public;
  std::vector<Key> set_of_file;
  std::optional<std::vector<Key>> set_of_url;

  Signature verify(const JwtSettings& settings, const Token& token) const {
    if (!settings.uses_key_set()) return verify_with(keys_for(*token.algorithm, secrets_and_public), token);
    if (set_of_url) return verify_with_set(*set_of_url, token);
    if (!settings.jwks_file.empty()) return verify_with_set(set_of_file, token);
    return {TokenVerdict::kUnknownKey, "token-jwks-url has not been fetched yet"};
  }
};

JwtVerifier::JwtVerifier(JwtSettings settings) : settings_(std::move(settings)), keys_(std::make_unique<Keys>()) {}
JwtVerifier::~JwtVerifier() = default;

std::string JwtVerifier::load() {
  auto keys = std::make_unique<Keys>();
  std::vector<std::string> warnings;
  std::string problem;
  auto load_from = [&](const char* option, const std::string& path, KeysRead (*load_file)(const std::string&),
                       std::vector<Key>& list) {
    if (!path.empty()) add(option, path, load_file(path), list, warnings, problem);
  };
  load_from("token-secret-file", settings_.secret_file, load_secret, keys->secrets_and_public);
  load_from("token-previous-secret-file", settings_.previous_secret_file, load_secret, keys->secrets_and_public);
  load_from("token-public-key-file", settings_.public_key_file, load_public_keys, keys->secrets_and_public);
  load_from("token-jwks-file", settings_.jwks_file, load_key_set, keys->set_of_file);
  if (!problem.empty()) return problem;
  keys->set_of_url = std::move(keys_->set_of_url);
  keys_ = std::move(keys);
  warnings_ = std::move(warnings);
  return "";
}

std::string JwtVerifier::set_key_set(std::string_view jwks) {
  KeysRead read = read_key_set(jwks, false);
  if (read.problem.empty()) keys_->set_of_url = std::move(read.keys);
  return read.problem;
}

template <typename Claims>
TokenCheck<Claims> JwtVerifier::check(std::string_view text, int64_t unix_seconds) const {
  Token token;
  TokenCheck<Claims> refused;
  refused.reason = read_token(text, token);
  if (!refused.reason.empty()) return refused;
  Signature signature = keys_->verify(settings_, token);
  if (signature.verdict == TokenVerdict::kValid) return check_claims<Claims>(token, settings_, unix_seconds);
  refused.verdict = signature.verdict;
  refused.reason = std::move(signature.reason);
  return refused;
}

TokenCheck<ConnectionClaims> JwtVerifier::check_connection(std::string_view token, int64_t unix_seconds) {
  return check<ConnectionClaims>(token, unix_seconds);
}

TokenCheck<SubscriptionClaims> JwtVerifier::check_subscription(std::string_view token, int64_t unix_seconds) {
  return check<SubscriptionClaims>(token, unix_seconds);
}

}  // namespace lws_chat
