#include "jwt/verifier.h"

#include <sys/stat.h>

#include "support/config_dir.h"
#include "support/test_issuer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr int64_t kNow = 1'800'000'000;
constexpr char kSecret[] = "a secret of the test, 32 bytes..";
constexpr char kOther[] = "another secret, 32 bytes as well";
constexpr char kUser[] = R"({"sub":"42","exp":1800000100})";

// The files of the keys, which others have no rights to, and the settings that name them.
class KeyFiles {
 public:
  JwtSettings settings;

  std::string write(const std::string& name, const std::string& text) const {
    dir_.write(name, text);
    chmod(dir_.path(name).c_str(), 0640);
    return dir_.path(name);
  }
  KeyFiles& secret(const std::string& text) {
    settings.secret_file = write("secret", text);
    return *this;
  }
  KeyFiles& public_key(const std::string& pem) {
    settings.public_key_file = write("public", pem);
    return *this;
  }
  KeyFiles& key_set(const std::string& keys) {
    settings.jwks_file = write("jwks", "{\"keys\":[" + keys + "]}");
    return *this;
  }

 private:
  unit::TempDir dir_;
};

template <typename Claims>
std::string told(const TokenCheck<Claims>& check) {
  CHECK((check.verdict == TokenVerdict::kValid) == check.reason.empty());
  if (check.verdict != TokenVerdict::kValid) CHECK_EQ(check.claims.user, "");
  switch (check.verdict) {
    case TokenVerdict::kValid: return "valid for " + check.claims.user;
    case TokenVerdict::kExpired: return "expired: " + check.reason;
    case TokenVerdict::kInvalid: return "invalid: " + check.reason;
    case TokenVerdict::kUnknownKey: return "unknown key: " + check.reason;
  }
  return "";
}

// A verifier that has loaded its keys.
struct Loaded : JwtVerifier {
  explicit Loaded(const KeyFiles& keys) : JwtVerifier(keys.settings) { CHECK_EQ(load(), ""); }
};

std::string check(Tokens& verifier, const std::string& token) { return told(verifier.check_connection(token, kNow)); }

std::string ec_token(const unit::TestKey& key, const std::string& header, const std::string& payload = kUser) {
  std::string text = unit::signed_part(header, payload);
  return text + "." + unit::encode(key.sign_ec(text, EVP_sha256(), 32));
}

std::string rsa_token(const unit::TestKey& key, const std::string& header) {
  std::string text = unit::signed_part(header, kUser);
  return text + "." + unit::encode(key.sign(text, EVP_sha256()));
}

}  // namespace

TEST(a_token_signed_with_the_secret_is_valid) {
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret));
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser)), "valid for 42");
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser, R"({"alg":"HS512"})", EVP_sha512())), "valid for 42");
  CHECK_EQ(check(verifier, unit::hmac_token(kOther, kUser)), "invalid: its signature is wrong");
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser, R"({"alg":"HS384"})")), "invalid: its signature is wrong");
  TokenCheck<SubscriptionClaims> room =
      verifier.check_subscription(unit::hmac_token(kSecret, R"({"sub":"42","channel":"$a","exp":1800000100})"), kNow);
  CHECK_EQ(told(room), "valid for 42");
  CHECK_EQ(room.claims.room, "$a");
  CHECK_EQ(told(verifier.check_subscription(unit::hmac_token(kSecret, kUser), kNow)),
           "invalid: it is not the token of a subscription: it has no channel");
}

TEST(every_change_of_a_token_makes_it_invalid) {
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret));
  std::string token = unit::hmac_token(kSecret, kUser);
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_EQ(check(verifier, changed).substr(0, 7), "invalid");
    CHECK_EQ(check(verifier, token.substr(0, i)).substr(0, 7), "invalid");
    CHECK_EQ(check(verifier, token.substr(0, i) + " " + token.substr(i)).substr(0, 7), "invalid");
  }
}

TEST(exp_and_nbf_have_no_leeway) {
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret));
  auto with = [&](const std::string& claims) { return check(verifier, unit::hmac_token(kSecret, "{" + claims + "}")); };
  CHECK_EQ(with(R"("exp":1800000001)"), "valid for ");
  CHECK_EQ(with(R"("exp":1800000000.5)"), "valid for ");
  CHECK_EQ(with(R"("exp":1800000000)"), "expired: it expired (exp)");
  CHECK_EQ(with(R"("exp":0)"), "expired: it expired (exp)");
  CHECK_EQ(with(R"("exp":-1)"), "expired: it expired (exp)");
  CHECK_EQ(with(R"("exp":1,"expire_at":1900000000)"), "expired: it expired (exp)");
  CHECK_EQ(with(R"("nbf":1800000000)"), "valid for ");
  CHECK_EQ(with(R"("nbf":1800000001)"), "expired: it is not valid yet (nbf)");
  CHECK_EQ(with(R"("exp":"1800000100")"), "invalid: its exp is not a number of seconds since 1970");
  CHECK_EQ(with(""), "valid for ");
  // A wrong signature is told first: whoever forged it learns nothing about the claims.
  CHECK_EQ(check(verifier, unit::hmac_token(kOther, R"({"exp":1})")), "invalid: its signature is wrong");
}

TEST(audience_and_issuer_must_be_ours) {
  KeyFiles keys;
  keys.settings.audience = "chat";
  keys.settings.issuer = "shop";
  Loaded verifier(keys.secret(kSecret));
  auto with = [&](const std::string& claims) { return check(verifier, unit::hmac_token(kSecret, claims)); };
  CHECK_EQ(with(R"({"sub":"1","aud":"chat","iss":"shop"})"), "valid for 1");
  CHECK_EQ(with(R"({"sub":"1","aud":["mail","chat"],"iss":"shop"})"), "valid for 1");
  CHECK_EQ(with(R"({"sub":"1","aud":["mail"],"iss":"shop"})"), "invalid: its aud is not token-audience");
  CHECK_EQ(with(R"({"sub":"1","iss":"shop"})"), "invalid: it has no aud, expected token-audience");
  CHECK_EQ(with(R"({"sub":"1","aud":[],"iss":"shop"})"), "invalid: it has no aud, expected token-audience");
  CHECK_EQ(with(R"({"sub":"1","aud":"chat","iss":"shop2"})"), "invalid: its iss is not token-issuer");
  CHECK_EQ(with(R"({"sub":"1","aud":"chat"})"), "invalid: it has no iss, expected token-issuer");
}

TEST(a_payload_that_is_not_one_object_is_refused) {
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret));
  auto with = [&](const std::string& payload) { return check(verifier, unit::hmac_token(kSecret, payload)); };
  CHECK_EQ(with(""), "invalid: its payload is not a JSON object");
  CHECK_EQ(with("[]"), "invalid: its payload is not a JSON object");
  CHECK_EQ(with(R"({"sub":"1","sub":"2"})"), "invalid: its payload has a member twice");
  CHECK_EQ(with("{\"sub\":\"\xff\"}"), "invalid: its payload is not UTF-8");
  CHECK_EQ(with("{\"info\":" + std::string(5000, '[') + std::string(5000, ']') + "}"),
           "invalid: its payload is not a JSON object");
}

TEST(a_previous_secret_is_accepted_beside_the_new_one) {
  KeyFiles keys;
  keys.settings.previous_secret_file = keys.write("previous", kOther);
  Loaded verifier(keys.secret(kSecret));
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser)), "valid for 42");
  CHECK_EQ(check(verifier, unit::hmac_token(kOther, kUser)), "valid for 42");
}

TEST(a_public_key_is_never_the_secret_of_hmac) {
  unit::TestKey rsa = unit::TestKey::rsa();
  std::string pem = rsa.public_pem();
  KeyFiles keys;
  Loaded verifier(keys.public_key(pem));
  CHECK_EQ(check(verifier, rsa_token(rsa, R"({"alg":"RS256"})")), "valid for 42");
  std::string no_secret = "invalid: it is signed with HS256, and no secret is configured for that";
  for (const std::string& secret : {pem, pem.substr(0, pem.size() - 1), rsa.number("n"), std::string()})
    CHECK_EQ(check(verifier, unit::hmac_token(secret, kUser)), no_secret);
  keys.secret(kSecret);
  Loaded both(keys);
  CHECK_EQ(check(both, unit::hmac_token(kSecret, kUser)), "valid for 42");
  CHECK_EQ(check(both, rsa_token(rsa, R"({"alg":"RS256"})")), "valid for 42");
  CHECK_EQ(check(both, unit::hmac_token(pem, kUser)), "invalid: its signature is wrong");
  CHECK_EQ(check(both, rsa_token(rsa, R"({"alg":"PS256"})")), "invalid: its signature is wrong");
  CHECK_EQ(check(both, rsa_token(rsa, R"({"alg":"HS256"})")), "invalid: its signature is wrong");
  CHECK_EQ(check(both, rsa_token(rsa, R"({"alg":"ES256"})")),
           "invalid: it is signed with ES256, and no P-256 key is configured for that");
}

TEST(the_kid_of_a_token_chooses_the_key_of_a_set) {
  unit::TestKey one = unit::TestKey::ec("P-256");
  unit::TestKey two = unit::TestKey::ec("P-256");
  unit::TestKey rsa = unit::TestKey::rsa();
  KeyFiles keys;
  keys.key_set(one.ec_jwk("P-256", 32, R"(,"kid":"1")") + "," + two.ec_jwk("P-256", 32, R"(,"kid":"2")") + "," +
               rsa.rsa_jwk(R"(,"kid":"3","alg":"PS256")"));
  Loaded verifier(keys);
  CHECK_EQ(check(verifier, ec_token(one, R"({"alg":"ES256","kid":"1"})")), "valid for 42");
  CHECK_EQ(check(verifier, ec_token(two, R"({"alg":"ES256","kid":"2"})")), "valid for 42");
  CHECK_EQ(check(verifier, ec_token(two, R"({"alg":"ES256","kid":"1"})")), "invalid: its signature is wrong");
  CHECK_EQ(check(verifier, ec_token(one, R"({"alg":"ES256"})")),
           "invalid: it has no kid, and several keys of the set fit");
  for (const char* kid : {"4", "../1", "1'--", "1\\u0000", "/dev/null"})
    CHECK_EQ(check(verifier, ec_token(one, std::string(R"({"alg":"ES256","kid":")") + kid + "\"}")),
             "unknown key: its kid is not in the key set");
  CHECK_EQ(check(verifier, rsa_token(rsa, R"({"alg":"RS256","kid":"3"})")),
           "invalid: the key with its kid is not for its alg");
  CHECK_EQ(check(verifier, unit::hmac_token(one.ec_jwk("P-256", 32), kUser, R"({"alg":"HS256","kid":"1"})")),
           "invalid: the key with its kid is not for its alg");
}

TEST(a_token_brings_no_key_of_its_own) {
  unit::TestKey ours = unit::TestKey::ec("P-256");
  unit::TestKey forged = unit::TestKey::ec("P-256");
  KeyFiles keys;
  Loaded verifier(keys.key_set(ours.ec_jwk("P-256", 32)));
  std::string header = R"({"alg":"ES256","jku":"http://127.0.0.1/jwks","x5u":"http://127.0.0.1/x","jwk":)";
  CHECK_EQ(check(verifier, ec_token(forged, header + forged.ec_jwk("P-256", 32) + "}")),
           "invalid: its signature is wrong");
  CHECK_EQ(check(verifier, ec_token(ours, header + forged.ec_jwk("P-256", 32) + "}")), "valid for 42");
}

TEST(a_key_set_takes_the_place_of_secret_and_public_key) {
  unit::TestKey key = unit::TestKey::ec("P-256");
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret).key_set(key.ec_jwk("P-256", 32)));
  CHECK_EQ(check(verifier, ec_token(key, R"({"alg":"ES256"})")), "valid for 42");
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser)),
           "invalid: it is signed with HS256, and no secret is configured for that");
}

TEST(a_fetched_key_set_takes_the_place_of_the_one_before) {
  unit::TestKey one = unit::TestKey::ec("P-256");
  unit::TestKey two = unit::TestKey::ec("P-256");
  auto set_of = [](const unit::TestKey& key) { return "{\"keys\":[" + key.ec_jwk("P-256", 32) + "]}"; };
  std::string token_one = ec_token(one, R"({"alg":"ES256"})");
  std::string token_two = ec_token(two, R"({"alg":"ES256"})");
  JwtSettings settings;
  settings.jwks_url = "https://issuer.example/jwks";
  JwtVerifier verifier(settings);
  CHECK_EQ(verifier.load(), "");
  CHECK_EQ(check(verifier, token_one), "unknown key: token-jwks-url has not been fetched yet");
  CHECK_EQ(verifier.set_key_set(set_of(one)), "");
  CHECK_EQ(check(verifier, token_one), "valid for 42");
  CHECK_EQ(verifier.set_key_set("<html>"), "is not a JSON object, expected a JSON Web Key Set: {\"keys\": [...]}");
  CHECK(!verifier.set_key_set(R"({"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8"}]})").empty());
  CHECK_EQ(check(verifier, token_one), "valid for 42");
  CHECK_EQ(verifier.set_key_set(set_of(two)), "");
  CHECK_EQ(check(verifier, token_two), "valid for 42");
  CHECK_EQ(check(verifier, token_one), "invalid: its signature is wrong");
  // A reload does not forget it.
  CHECK_EQ(verifier.load(), "");
  CHECK_EQ(check(verifier, token_two), "valid for 42");
}

TEST(the_set_of_a_file_counts_until_the_url_is_fetched) {
  unit::TestKey one = unit::TestKey::ec("P-256");
  unit::TestKey two = unit::TestKey::ec("P-256");
  KeyFiles keys;
  keys.settings.jwks_url = "https://issuer.example/jwks";
  Loaded verifier(keys.key_set(one.ec_jwk("P-256", 32)));
  CHECK_EQ(check(verifier, ec_token(one, R"({"alg":"ES256"})")), "valid for 42");
  CHECK_EQ(verifier.set_key_set("{\"keys\":[" + two.ec_jwk("P-256", 32) + "]}"), "");
  CHECK_EQ(check(verifier, ec_token(one, R"({"alg":"ES256"})")), "invalid: its signature is wrong");
}

TEST(a_reload_takes_new_keys_and_keeps_the_old_ones_after_an_error) {
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret));
  keys.write("secret", kOther);
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser)), "valid for 42");
  CHECK_EQ(verifier.load(), "");
  CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser)), "invalid: its signature is wrong");
  CHECK_EQ(check(verifier, unit::hmac_token(kOther, kUser)), "valid for 42");
  keys.write("secret", "short");
  CHECK_EQ(verifier.load(),
           "token-secret-file " + keys.settings.secret_file +
               ": is a secret of 5 bytes, expected at least 32 ('openssl rand -hex 32' prints a secret)");
  CHECK_EQ(check(verifier, unit::hmac_token(kOther, kUser)), "valid for 42");
  keys.write("secret", "0123456789abcdef");
  CHECK_EQ(verifier.load(), "");
  CHECK_EQ(verifier.warnings().at(0), "token-secret-file " + keys.settings.secret_file +
                                          ": is a secret of 16 bytes, which may be guessed: use 32 or more");
}

TEST(an_error_of_any_file_names_option_and_file) {
  for (auto [option, member] : {std::pair{"token-secret-file", &JwtSettings::secret_file},
                                std::pair{"token-previous-secret-file", &JwtSettings::previous_secret_file},
                                std::pair{"token-public-key-file", &JwtSettings::public_key_file},
                                std::pair{"token-jwks-file", &JwtSettings::jwks_file}}) {
    JwtSettings settings;
    settings.*member = "/nonexistent/file";
    JwtVerifier verifier(settings);
    CHECK_EQ(verifier.load(), std::string(option) + " /nonexistent/file: missing, create it or correct the path");
    CHECK_EQ(check(verifier, unit::hmac_token(kSecret, kUser)).substr(0, 8), "invalid:");
  }
}

TEST(reasons_hold_no_part_of_a_token_or_a_secret) {
  KeyFiles keys;
  Loaded verifier(keys.secret(kSecret));
  for (const std::string& payload :
       {std::string(R"({"sub":"marker-9","exp":1})"), std::string(R"({"sub":5,"iss":"marker-9"})"),
        std::string(R"({"subs":{"marker-9":5}})"), std::string(R"({"b64info":"marker-9!"})")})
    for (const char* secret : {kSecret, kOther}) {
      std::string reason = check(verifier, unit::hmac_token(secret, payload, R"({"alg":"HS256","kid":"marker-9"})"));
      CHECK(reason.find("marker-9") == std::string::npos);
      CHECK(reason.find("secret of the test") == std::string::npos);
    }
}
