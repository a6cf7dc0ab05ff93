#include "jwt/key_files.h"

#include <sys/stat.h>

#include "support/config_dir.h"
#include "support/test_certificate.h"
#include "support/test_issuer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr char kExpected[] = ", expected public keys or certificates in PEM";

// Writes a file that others have no rights to, and returns its path.
std::string write(const unit::TempDir& dir, const std::string& name, const std::string& text) {
  dir.write(name, text);
  chmod(dir.path(name).c_str(), 0640);
  return dir.path(name);
}

}  // namespace

TEST(public_keys_and_certificates_are_read_from_one_file) {
  unit::TempDir dir;
  unit::TestCertificate certificate;
  certificate.write_certificate(dir.path("certificate"));
  std::string text = "text before\n" + unit::TestKey::rsa().public_pem() + "-----BEGIN EC PARAMETERS-----\n" +
                     "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + unit::TestKey::ec("P-384").public_pem() +
                     unit::TestKey::other("ED25519").public_pem();
  std::string path = write(dir, "keys", text);
  KeysRead read = load_public_keys(path);
  CHECK_EQ(read.problem, "");
  CHECK_EQ(read.keys.size(), size_t{3});
  CHECK(read.keys[0].kind() == KeyKind::kRsa);
  CHECK(read.keys[1].kind() == KeyKind::kP384);
  CHECK(read.keys[2].kind() == KeyKind::kEd25519);
  read = load_public_keys(dir.path("certificate"));
  CHECK_EQ(read.problem, "");
  CHECK_EQ(read.keys.size(), size_t{1});
  CHECK(read.keys[0].kind() == KeyKind::kP256);
}

TEST(the_old_form_of_an_rsa_key_is_read) {
  // PKCS #1, as 'openssl rsa -pubin -RSAPublicKey_out' writes it.
  unit::TestKey rsa = unit::TestKey::rsa();
  unsigned char* der = nullptr;
  int size = i2d_PublicKey(rsa.get(), &der);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, size);
  char* text = nullptr;
  long bytes = BIO_get_mem_data(bio, &text);
  KeysRead read = read_public_keys({text, static_cast<size_t>(bytes)});
  BIO_free(bio);
  OPENSSL_free(der);
  CHECK_EQ(read.problem, "");
  CHECK(read.keys.at(0).verify(*find_algorithm("RS256"), "text", rsa.sign("text", EVP_sha256())));
}

TEST(a_private_key_is_refused_with_the_command_that_makes_a_public_one) {
  std::string problem =
      "holds a private key, which belongs to the issuer only: 'openssl pkey -in KEY -pubout' prints the public key";
  unit::TestKey key = unit::TestKey::ec("P-256");
  CHECK_EQ(read_public_keys(key.private_pem()).problem, problem);
  CHECK_EQ(read_public_keys(key.public_pem() + key.private_pem()).problem, problem);
  // One with a passphrase does not make the server ask for it.
  unit::TempDir dir;
  unit::TestCertificate certificate;
  certificate.write_key(dir.path("key"), "word");
  CHECK_EQ(load_public_keys(dir.path("key")).problem, problem);
}

TEST(a_key_of_no_use_is_refused) {
  CHECK_EQ(read_public_keys("").problem, std::string("has no public key") + kExpected);
  CHECK_EQ(read_public_keys("0123456789abcdef0123456789abcdef").problem, std::string("has no public key") + kExpected);
  CHECK_EQ(read_public_keys(unit::TestKey::rsa(1024).public_pem()).problem,
           "is an RSA key of 1024 bits, expected 2048 to 8192");
  for (const std::string& pem :
       {unit::TestKey::ec("secp256k1").public_pem(), unit::TestKey::other("X25519").public_pem(),
        unit::TestKey::other("ED448").public_pem()})
    CHECK_EQ(read_public_keys(pem).problem,
             "is of a kind that tokens do not have, expected RSA, EC with P-256, P-384 or P-521, or Ed25519");
  CHECK_EQ(read_public_keys("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").problem,
           std::string("holds a PUBLIC KEY block that is damaged") + kExpected);
  std::string many;
  std::string pem = unit::TestKey::ec("P-256").public_pem();
  for (int i = 0; i < 17; ++i) many += pem;
  CHECK_EQ(read_public_keys(many).problem, "has more than 16 keys");
}

TEST(a_public_key_that_others_can_change_is_refused) {
  unit::TempDir dir;
  std::string path = write(dir, "key", unit::TestKey::ec("P-256").public_pem());
  chmod(path.c_str(), 0644);
  CHECK_EQ(load_public_keys(path).problem, "");
  chmod(path.c_str(), 0646);
  CHECK_EQ(load_public_keys(path).problem, "every user of this machine can change it: chmod o-w " + path);
}

TEST(a_secret_that_others_have_rights_to_is_refused) {
  unit::TempDir dir;
  std::string path = write(dir, "secret", "0123456789abcdef0123456789abcdef\n");
  KeysRead read = load_secret(path);
  CHECK_EQ(read.problem, "");
  CHECK(read.warnings.empty());
  CHECK(read.keys.at(0).kind() == KeyKind::kSecret);
  chmod(path.c_str(), 0644);
  CHECK_EQ(load_secret(path).problem, "every user of this machine has rights to it: chmod o-rwx " + path);
  CHECK(load_secret(path).keys.empty());
  CHECK_EQ(load_secret(dir.path("none")).problem, "missing, create it or correct the path");
  CHECK_EQ(load_secret(dir.path()).problem, "is a folder: name a regular file");
}

TEST(a_short_secret_is_used_with_a_warning) {
  unit::TempDir dir;
  KeysRead read = load_secret(write(dir, "secret", "0123456789abcdef0123456789abcde"));
  CHECK_EQ(read.problem, "");
  CHECK_EQ(read.warnings.at(0), "is a secret of 31 bytes, which may be guessed: use 32 or more");
}

TEST(only_a_key_set_with_a_secret_must_be_hidden) {
  unit::TempDir dir;
  std::string secret = R"({"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8"}]})";
  std::string path = write(dir, "secret", secret);
  CHECK_EQ(load_key_set(path).problem, "");
  chmod(path.c_str(), 0644);
  CHECK_EQ(load_key_set(path).problem, "every user of this machine has rights to it: chmod o-rwx " + path);
  std::string open = write(dir, "open", "{\"keys\":[" + unit::TestKey::rsa().rsa_jwk() + "]}");
  chmod(open.c_str(), 0644);
  CHECK_EQ(load_key_set(open).problem, "");
  chmod(open.c_str(), 0666);
  CHECK_EQ(load_key_set(open).problem, "every user of this machine can change it: chmod o-w " + open);
}
