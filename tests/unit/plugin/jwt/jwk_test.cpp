#include "jwt/jwk.h"

#include "support/test_issuer.h"
#include "support/unit.h"
#include "wire/base64.h"

using namespace lws_chat;

namespace {

JwkResult read(const std::string& text, bool may_be_secret = false) {
  JsonObject jwk;
  CHECK_EQ(jwk.read(text), "");
  return read_jwk(jwk, may_be_secret);
}

std::string problem_of(const std::string& text, bool may_be_secret = false) {
  JwkResult result = read(text, may_be_secret);
  CHECK(result.key.has_value() == result.problem.empty());
  return result.problem;
}

const unit::TestKey& rsa() {
  static const unit::TestKey key = unit::TestKey::rsa();
  return key;
}
const unit::TestKey& ec() {
  static const unit::TestKey key = unit::TestKey::ec("P-256");
  return key;
}

std::string rsa_jwk(const std::string& modulus, const std::string& exponent) {
  return R"({"kty":"RSA","n":")" + unit::encode(modulus) + R"(","e":")" + unit::encode(exponent) + R"("})";
}

constexpr char kBadEc[] = "is EC without a valid crv (P-256, P-384 or P-521), x and y";
constexpr char kBadRsa[] = "is RSA without a valid n and e";

}  // namespace

TEST(a_key_has_its_kid_and_is_for_its_alg_only) {
  JwkResult result = read(rsa().rsa_jwk(R"(,"kid":"k\u0031","alg":"PS256","use":"sig","unknown":{})"));
  CHECK_EQ(result.problem, "");
  CHECK_EQ(result.key->id, "k1");
  CHECK(result.key->fits(*find_algorithm("PS256")));
  CHECK(!result.key->fits(*find_algorithm("RS256")));
  CHECK(!result.is_private);
  Key any = *read(rsa().rsa_jwk()).key;
  for (const char* name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    CHECK(any.fits(*find_algorithm(name)));
  CHECK(!any.fits(*find_algorithm("ES256")));
}

TEST(the_two_names_of_eddsa_are_one_algorithm) {
  for (const char* own : {"EdDSA", "Ed25519"}) {
    Key key = *read(std::string(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",)") +
                    R"("alg":")" + own + R"("})")
                   .key;
    CHECK(key.fits(*find_algorithm("EdDSA")));
    CHECK(key.fits(*find_algorithm("Ed25519")));
  }
}

TEST(a_key_that_says_it_is_for_something_else_is_not_used) {
  CHECK_EQ(problem_of(rsa().rsa_jwk(R"(,"use":"enc")")), "is not for signatures: its use is not sig");
  CHECK_EQ(problem_of(rsa().rsa_jwk(R"(,"use":7)")), "is not for signatures: its use is not sig");
  CHECK_EQ(problem_of(rsa().rsa_jwk(R"(,"key_ops":["encrypt"])")), "is not for verifying: its key_ops lack verify");
  CHECK_EQ(problem_of(rsa().rsa_jwk(R"(,"key_ops":["sign","verify"])")), "");
  for (const char* alg : {"RSA-OAEP", "ES256", "HS256", "none"})
    CHECK_EQ(problem_of(rsa().rsa_jwk(std::string(R"(,"alg":")") + alg + "\"")),
             "has an alg that is not a signature of its kind of key");
  CHECK_EQ(problem_of(rsa().rsa_jwk(R"(,"alg":5)")), "has a kid or alg that is not a text");
  CHECK_EQ(problem_of(rsa().rsa_jwk(R"(,"kid":["a"])")), "has a kid or alg that is not a text");
  CHECK_EQ(problem_of(R"({"kty":"AKP"})"), "has a kty that is not known");
  CHECK_EQ(problem_of("{}"), "has no kty");
}

TEST(a_private_key_is_taken_for_its_public_part_and_noticed) {
  JwkResult result = read(rsa().rsa_jwk(R"(,"d":"AQAB")"));
  CHECK_EQ(result.problem, "");
  CHECK(result.is_private);
}

TEST(an_rsa_key_that_is_weak_or_malformed_is_refused) {
  CHECK_EQ(problem_of(unit::TestKey::rsa(1024).rsa_jwk()), "is an RSA key of 1024 bits, expected 2048 to 8192");
  std::string modulus = rsa().number("n");
  std::string unsafe = "is an RSA key whose exponent is not safe, expected 65537";
  CHECK_EQ(problem_of(rsa_jwk(modulus, "\1")), unsafe);
  CHECK_EQ(problem_of(rsa_jwk(modulus, "\4")), unsafe);
  CHECK_EQ(problem_of(rsa_jwk(modulus, std::string("\x01\x00\x00\x00\x00\x00\x00\x00\x01", 9))), unsafe);
  CHECK_EQ(problem_of(rsa_jwk(modulus, "\3")), "");
  CHECK_EQ(problem_of(rsa_jwk(std::string(2049, '\xff'), "\3")), "is an RSA key of 16392 bits, expected 2048 to 8192");
  CHECK_EQ(problem_of(R"({"kty":"RSA","n":"AQAB"})"), kBadRsa);
  CHECK_EQ(problem_of(R"({"kty":"RSA","n":"","e":"AQAB"})"), kBadRsa);
  CHECK_EQ(problem_of(R"({"kty":"RSA","n":"A=","e":"AQAB"})"), kBadRsa);
  CHECK_EQ(problem_of(R"({"kty":"RSA","n":5,"e":"AQAB"})"), kBadRsa);
}

TEST(an_ec_key_that_is_not_on_its_curve_is_refused) {
  CHECK_EQ(problem_of(ec().ec_jwk("P-256", 32)), "");
  CHECK_EQ(problem_of(ec().ec_jwk("P-256", 33)), kBadEc);  // a zero too many: RFC 7518 section 6.2.1.2
  CHECK_EQ(problem_of(ec().ec_jwk("P-384", 48)), kBadEc);
  CHECK_EQ(problem_of(ec().ec_jwk("secp256k1", 32)), kBadEc);
  std::string x = unit::encode(ec().number("qx", 32));
  CHECK_EQ(problem_of(R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + x + R"("})"), kBadEc);
  std::string zero = unit::encode(std::string(32, '\0'));
  CHECK_EQ(problem_of(R"({"kty":"EC","crv":"P-256","x":")" + zero + R"(","y":")" + zero + R"("})"), kBadEc);
  CHECK_EQ(problem_of(R"({"kty":"EC","crv":"P-256","x":")" + x + R"("})"), kBadEc);
}

TEST(an_octet_key_pair_other_than_ed25519_is_refused) {
  std::string problem = "is OKP without crv Ed25519 and a valid x";
  std::string x = unit::encode(std::string(32, 'x'));
  CHECK_EQ(problem_of(R"({"kty":"OKP","crv":"X25519","x":")" + x + R"("})"), problem);
  CHECK_EQ(problem_of(R"({"kty":"OKP","crv":"Ed448","x":")" + x + R"("})"), problem);
  CHECK_EQ(problem_of(R"({"kty":"OKP","crv":"Ed25519","x":"AQAB"})"), problem);
}

TEST(a_secret_is_accepted_only_where_nobody_else_can_read_it) {
  std::string jwk = R"({"kty":"oct","k":")" + unit::encode(std::string(32, 's')) + R"("})";
  CHECK_EQ(problem_of(jwk, true), "");
  CHECK_EQ(problem_of(jwk, false), "is a secret, which a public key set must not have");
  CHECK_EQ(problem_of(R"({"kty":"oct","k":"AQAB"})", true),
           "is a secret of 3 bytes, expected at least 32 ('openssl rand -hex 32' prints a secret)");
  CHECK_EQ(problem_of(R"({"kty":"oct"})", true), "has no k in base64url");
}
