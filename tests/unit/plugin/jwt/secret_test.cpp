#include "jwt/secret.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr char kGood[] = "0123456789abcdef0123456789abcdef";

// The secret, or "problem: " with what is wrong.
std::string read(std::string_view text) {
  std::string secret;
  std::string problem = read_secret(text, secret);
  if (!problem.empty()) CHECK_EQ(secret, "");
  return problem.empty() ? secret : "problem: " + problem;
}

bool begins(const std::string& text, const std::string& with) { return text.compare(0, with.size(), with) == 0; }

}  // namespace

TEST(the_secret_is_the_one_line_of_the_file) {
  CHECK_EQ(read(kGood), kGood);
  CHECK_EQ(read(std::string(kGood) + "\n"), kGood);
  CHECK_EQ(read(std::string(kGood) + "\r\n"), kGood);
  CHECK_EQ(read("sixteen bytes: \xc3\xa4"), "sixteen bytes: \xc3\xa4");
}

TEST(a_text_that_may_not_be_the_secret_meant_is_refused) {
  std::string one_line = "problem: is not one line of text without blanks around it, expected a secret";
  for (const std::string& text :
       {std::string(kGood) + "\n\n", std::string(kGood) + "\nsecond\n", std::string(kGood) + " ",
        "\t" + std::string(kGood), std::string(kGood) + '\0', std::string(40, '\1')})
    CHECK(begins(read(text), one_line));
  CHECK(begins(read(""), "problem: is empty, expected a secret on one line"));
  CHECK(begins(read("\n"), "problem: is empty, expected a secret on one line"));
}

TEST(a_short_or_huge_secret_is_refused) {
  CHECK_EQ(read("0123456789abcde"),
           "problem: is a secret of 15 bytes, expected at least 32 ('openssl rand -hex 32' prints a secret)");
  CHECK_EQ(read("0123456789abcdef"), "0123456789abcdef");
  CHECK_EQ(read(std::string(kLongestSecret, 'x')), std::string(kLongestSecret, 'x'));
  CHECK(begins(read(std::string(kLongestSecret + 1, 'x')),
               "problem: is a secret of 4097 bytes, expected at least 32 and at most 4096"));
}

TEST(a_public_key_is_never_a_secret) {
  std::string pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n";
  std::string problem = "problem: holds a key or certificate in PEM, not a secret: name it in token-public-key-file";
  CHECK_EQ(read(pem), problem);
  CHECK_EQ(read("# comment\n" + pem), problem);
  CHECK_EQ(read(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"),
           "problem: holds a JSON Web Key, not a secret: name it in token-jwks-file");
}
