#include "host/check/token_check.h"

#include <sys/stat.h>

#include "support/config_findings.h"
#include "support/test_issuer.h"

using namespace unit;

namespace {

constexpr char kSecret[] = "a secret of the test, 32 bytes..";

// A file that others have no rights to.
std::string write(const TempDir& dir, const std::string& name, const std::string& text) {
  dir.write(name, text);
  chmod(dir.path(name).c_str(), 0640);
  return dir.path(name);
}

std::string option(const std::string& name, const std::string& value) { return "\"" + name + "\":\"" + value + "\""; }

std::string key_set() { return "{\"keys\":[" + TestKey::ec("P-256").ec_jwk("P-256", 32) + "]}"; }

}  // namespace

TEST(good_keys_are_accepted) {
  TempDir dir;
  std::string secret = option("token-secret-file", write(dir, "secret", kSecret));
  std::string public_key = option("token-public-key-file", write(dir, "public", TestKey::rsa().public_pem()));
  CHECK_EQ(in_chat(secret + "," + public_key), "");
  CHECK_EQ(in_chat(secret + "," + option("token-previous-secret-file", write(dir, "previous", kSecret)) + "," +
                   option("token-audience", "a") + "," + option("token-issuer", "i")),
           "");
  CHECK_EQ(in_chat(option("token-jwks-file", write(dir, "jwks", key_set()))), "");
  for (const char* url :
       {"https://issuer.example/jwks", "http://localhost:80/jwks", "http://127.0.0.1/jwks", "http://[::1]:8080/jwks"})
    CHECK_EQ(in_chat(option("token-jwks-url", url)), "");
}

TEST(an_unusable_key_file_is_an_error_with_its_remedy) {
  TempDir dir;
  for (const char* name :
       {"token-secret-file", "token-previous-secret-file", "token-public-key-file", "token-jwks-file"}) {
    std::string path = dir.path("none");
    CHECK_CONTAINS(in_chat(option(name, path)),
                   "error: " + std::string(name) + " " + path + ": missing, create it or correct the path");
    CHECK_CONTAINS(in_chat(option(name, "none")), "error: \"none\" is a relative path");
    CHECK_CONTAINS(in_chat(option(name, dir.path())), "is a folder: name a regular file");
  }
  std::string path = write(dir, "secret", kSecret);
  chmod(path.c_str(), 0644);
  CHECK_CONTAINS(
      in_chat(option("token-secret-file", path)),
      "error: token-secret-file " + path + ": every user of this machine has rights to it: chmod o-rwx " + path);
  chmod(path.c_str(), 0646);
  CHECK_CONTAINS(in_chat(option("token-jwks-file", path)),
                 "error: token-jwks-file " + path + ": every user of this machine can change it: chmod o-w " + path);
}

TEST(a_file_of_the_wrong_type_is_an_error_that_names_the_right_option) {
  TempDir dir;
  std::string pem = write(dir, "pem", TestKey::rsa().public_pem());
  std::string jwks = write(dir, "jwks", key_set());
  std::string secret = write(dir, "secret", kSecret);
  CHECK_CONTAINS(in_chat(option("token-secret-file", pem)),
                 ": holds a key or certificate in PEM, not a secret: name it in token-public-key-file");
  CHECK_CONTAINS(in_chat(option("token-secret-file", jwks)),
                 ": holds a JSON Web Key, not a secret: name it in token-jwks-file");
  CHECK_CONTAINS(in_chat(option("token-public-key-file", secret)),
                 ": has no public key, expected public keys or certificates in PEM");
  CHECK_CONTAINS(in_chat(option("token-jwks-file", pem)), ": is not a JSON object, expected a JSON Web Key Set");
}

TEST(a_weak_secret_is_a_warning) {
  TempDir dir;
  std::string path = write(dir, "secret", "0123456789abcdef");
  CHECK_EQ(in_chat(option("token-secret-file", path)),
           "conf:2:21: warning: token-secret-file " + path +
               ": is a secret of 16 bytes, which may be guessed: use 32 or more\n");
}

TEST(keys_that_a_key_set_replaces_are_a_warning) {
  TempDir dir;
  std::string secret = option("token-secret-file", write(dir, "secret", kSecret));
  std::string jwks = option("token-jwks-file", write(dir, "jwks", key_set()));
  CHECK_EQ(
      in_chat(secret + "," + jwks),
      "conf:2:21: warning: \"token-jwks-file\" takes its place, so tokens with this key are refused: remove one of "
      "the two\n");
  CHECK_CONTAINS(in_chat(secret + "," + option("token-jwks-url", "https://a/b")),
                 "warning: \"token-jwks-url\" takes its place");
}

TEST(options_without_effect_are_a_warning) {
  TempDir dir;
  for (const char* name : {"token-audience", "token-issuer"})
    CHECK_CONTAINS(in_chat(option(name, "a")), "warning: it has no effect without a key for tokens");
  CHECK_CONTAINS(in_chat(option("token-previous-secret-file", write(dir, "secret", kSecret))),
                 "warning: there is no new secret: name it in \"token-secret-file\"");
}

TEST(a_url_must_be_one_and_should_be_safe) {
  for (const char* url : {"issuer.example/jwks", "ftp://issuer.example/", "https://", "https:///jwks", "https://a b",
                          "HTTPS://a/", "file:///jwks", "https://?"})
    CHECK_CONTAINS(in_chat(option("token-jwks-url", url)),
                   "is not a URL, expected one that begins with https:// or http://");
  for (const char* url : {"http://issuer.example/jwks", "http://localhost.example/", "http://127.0.0.1.example/"})
    CHECK_CONTAINS(in_chat(option("token-jwks-url", url)),
                   "warning: without TLS, whoever can change the answer on its way can sign tokens: write https://");
}
