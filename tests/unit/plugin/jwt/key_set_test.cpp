#include "jwt/key_set.h"

#include "support/test_issuer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr char kEd25519[] =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"ed"})";
constexpr char kP256[] = R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"ec","use":"sig"})";

std::string set_of(const std::string& keys) { return "{\"keys\":[" + keys + "]}"; }

}  // namespace

TEST(all_usable_keys_are_read) {
  KeysRead read = read_key_set(set_of(std::string(kEd25519) + "," + kP256), false);
  CHECK_EQ(read.problem, "");
  CHECK_EQ(read.keys.size(), size_t{2});
  CHECK_EQ(read.keys[0].id, "ed");
  CHECK_EQ(read.keys[1].id, "ec");
  CHECK(read.warnings.empty());
}

// RFC 7517 section 5: a set may have keys that its reader does not know.
TEST(unusable_keys_are_left_out_and_named) {
  KeysRead read = read_key_set(
      set_of(std::string(R"({"kty":"new"},7,{"kty":"RSA","kty":"RSA"},{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"},)") +
             kP256),
      false);
  CHECK_EQ(read.problem, "");
  CHECK_EQ(read.keys.size(), size_t{1});
  CHECK_EQ(read.warnings.size(), size_t{4});
  CHECK_EQ(read.warnings[0], "key 1 has a kty that is not known; it is not used");
  CHECK_EQ(read.warnings[1], "key 2 is not a JSON object; it is not used");
  CHECK_EQ(read.warnings[2], "key 3 has a member twice; it is not used");
  CHECK_EQ(read.warnings[3], "key 4 is a secret, which a public key set must not have; it is not used");
}

TEST(a_private_part_is_reported) {
  std::string jwk = kP256;
  jwk.insert(jwk.size() - 1, R"(,"d":"AQAB")");
  KeysRead read = read_key_set(set_of(jwk), false);
  CHECK_EQ(read.problem, "");
  CHECK_EQ(read.warnings.front(), "key 1 has its private part (d): remove that, whoever reads it can sign tokens");
}

TEST(a_set_without_a_usable_key_is_refused) {
  auto problem_of = [](const std::string& text) { return read_key_set(text, false).problem; };
  std::string expected = ", expected a JSON Web Key Set: {\"keys\": [...]}";
  CHECK_EQ(problem_of(""), "is not a JSON object" + expected);
  CHECK_EQ(problem_of("<html>"), "is not a JSON object" + expected);
  CHECK_EQ(problem_of(kP256), "has no list named keys" + expected);
  CHECK_EQ(problem_of(R"({"keys":{}})"), "has no list named keys" + expected);
  CHECK_EQ(problem_of(R"({"keys":[],"keys":[]})"), "has a member twice" + expected);
  CHECK_EQ(problem_of(set_of("")), "has no key");
  CHECK_EQ(problem_of(set_of(R"({"kty":"new"})")),
           "has no usable key: key 1 has a kty that is not known; it is not used");
  std::string many = kP256;
  for (int i = 0; i < 256; ++i) many += std::string(",") + kP256;
  CHECK_EQ(problem_of(set_of(many)), "has 257 keys, expected at most 256");
}
