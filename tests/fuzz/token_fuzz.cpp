// The first byte says what the rest is: a token as it stands, a payload to be signed, a header and a payload to be
// signed (a zero byte between them), a key set, or a file of public keys. Always: a valid token has the signature that
// another implementation makes of it, what clients get of it is JSON, and reasons are short.
#include <cstdlib>

#include "core/utf8.h"
#include "jwt/key_files.h"
#include "jwt/secret.h"
#include "jwt/verifier.h"
#include "support/config_dir.h"
#include "support/test_issuer.h"
#include "wire/json.h"

using namespace lws_chat;

namespace {

constexpr int64_t kNow = 1'800'000'000;
constexpr char kSecret[] = "a secret of the test, 32 bytes..";
constexpr char kKeySet[] =
    R"({"keys":[{"kty":"oct","k":"YSBzZWNyZXQgb2YgdGhlIHRlc3QsIDMyIGJ5dGVzLi4","kid":"1"},)"
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"2"},)"
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"3"}]})";

void check_that(bool holds) {
  if (!holds) std::abort();
}

void check_json(const std::string& text) {
  JsonValue value;
  check_that(text.empty() || (is_utf8(text) && read_json(text, value) && text.find('\n') == std::string::npos));
}

// True if the signature is HMAC's with the secret: nobody can make one for another key of the set.
bool is_signed(const std::string& token) {
  size_t end = token.rfind('.');
  std::string text = token.substr(0, end);
  for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()})
    if (token == text + "." + unit::encode(unit::hmac(kSecret, text, digest))) return true;
  return false;
}

template <typename Claims>
void judge(const TokenCheck<Claims>& check, const std::string& token) {
  check_that((check.verdict == TokenVerdict::kValid) == check.reason.empty());
  check_that(check.reason.size() < 200);
  if (check.verdict == TokenVerdict::kValid || check.verdict == TokenVerdict::kExpired) check_that(is_signed(token));
  check_that(is_utf8(check.claims.user) && is_utf8(check.claims.id) && check.claims.expires_at >= 0);
  check_json(check.claims.info);
}

JwtSettings settings_of(const unit::TempDir& dir) {
  // From a file, because a fetched set may not have secrets.
  dir.write("jwks", kKeySet);
  chmod(dir.path("jwks").c_str(), S_IRUSR | S_IWUSR);
  JwtSettings settings;
  settings.jwks_file = dir.path("jwks");
  return settings;
}

struct Loaded : JwtVerifier {
  explicit Loaded(const unit::TempDir& dir = {}) : JwtVerifier(settings_of(dir)) { check_that(load().empty()); }
};

void check_token(const std::string& token) {
  static Loaded verifier;
  TokenCheck<ConnectionClaims> connection = verifier.check_connection(token, kNow);
  judge(connection, token);
  check_json(connection.claims.meta);
  for (const ServerSubscription& subscription : connection.claims.subscriptions) {
    check_that(is_utf8(subscription.room));
    check_json(subscription.info);
    check_json(subscription.data);
  }
  TokenCheck<SubscriptionClaims> subscription = verifier.check_subscription(token, kNow);
  judge(subscription, token);
  check_json(subscription.claims.data);
  check_that((subscription.verdict == TokenVerdict::kValid) == !subscription.claims.room.empty());
  check_that(subscription.verdict != TokenVerdict::kValid || connection.verdict != TokenVerdict::kValid);
}

void check_keys(const KeysRead& read) {
  check_that(read.problem.empty() == !read.keys.empty());
  for (const Key& key : read.keys) check_that(!key.verify(*find_algorithm("RS256"), "text", "signature"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t zero = rest.find('\0');
  std::string secret;
  switch (data[0] % 6) {
    case 0: check_token(rest); break;
    case 1: check_token(unit::hmac_token(kSecret, rest)); break;
    case 2:
      if (zero != std::string::npos)
        check_token(unit::hmac_token(kSecret, rest.substr(zero + 1), rest.substr(0, zero)));
      break;
    case 3: check_keys(read_key_set(rest, true)); break;
    case 4: check_keys(read_public_keys(rest)); break;
    case 5: check_that(read_secret(rest, secret).empty() == !secret.empty()); break;
    default: break;
  }
  return 0;
}
