#include "host/check/certificate_check.h"

#include <openssl/err.h>

#include <ctime>

#include "support/config_dir.h"
#include "support/test_certificate.h"
#include "support/unit.h"

namespace {

using lws_chat::CertificateCheck;
using lws_chat::check_certificate;

constexpr long kDay = 24 * 3600;

struct Files {
  unit::TempDir dir;
  std::string cert = dir.path("cert.pem");
  std::string key = dir.path("key.pem");

  explicit Files(const unit::TestCertificate& certificate = unit::TestCertificate()) {
    certificate.write_certificate(cert);
    certificate.write_key(key);
  }
  std::string mismatch() const {
    return key + ": does not belong to the certificate in " + cert + ": name the key of this certificate";
  }
  CertificateCheck check() const { return check_certificate(cert, key); }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_certificate_with_its_key_has_no_findings) {
  CertificateCheck result = Files().check();
  CHECK_EQ(result.problem, "");
  CHECK_EQ(result.warning, "");
}

TEST(a_certificate_and_key_in_one_file_are_fine) {
  Files files;
  unit::TestCertificate both;
  std::string content;
  both.write_certificate(files.cert);
  both.write_key(files.key);
  for (const std::string& part : {files.cert, files.key}) {
    std::ifstream in(part);
    content.append(std::istreambuf_iterator<char>(in), {});
  }
  files.dir.write("both.pem", content);
  CHECK_EQ(check_certificate(files.dir.path("both.pem"), files.dir.path("both.pem")).problem, "");
}

TEST(a_key_of_another_certificate_is_an_error_that_names_both_files) {
  Files files;
  unit::TestCertificate().write_key(files.key);
  CHECK_EQ(files.check().problem, files.mismatch());
}

TEST(a_key_of_another_type_is_an_error) {
  Files files;
  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> rsa(EVP_RSA_gen(2048), EVP_PKEY_free);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(files.key.c_str(), "w"), std::fclose);
  PEM_write_PrivateKey(out.get(), rsa.get(), nullptr, nullptr, 0, nullptr, nullptr);
  out.reset();
  CHECK_EQ(files.check().problem, files.mismatch());
}

TEST(a_missing_file_is_named) {
  Files files;
  CHECK_EQ(check_certificate(files.dir.path("none.pem"), files.key).problem,
           files.dir.path("none.pem") + ": missing, create it or correct the path");
  CHECK_EQ(check_certificate(files.cert, files.dir.path("none.pem")).problem,
           files.dir.path("none.pem") + ": missing, create it or correct the path");
}

TEST(an_unreadable_file_says_permission_denied) {
  if (geteuid() == 0) return;  // root reads everything
  Files files;
  chmod(files.key.c_str(), 0);
  CHECK(contains(files.check().problem, files.key + ": permission denied"));
}

TEST(a_path_that_is_not_a_regular_file_is_an_error_at_once) {
  Files files;
  mkfifo(files.dir.path("fifo").c_str(), 0600);
  for (const auto& [path, kind] :
       {std::pair{files.dir.path(), "a folder"}, {files.dir.path("fifo"), "a FIFO"}, {"/dev/zero", "a device"}}) {
    std::string problem = path + ": is " + kind + ": name a regular file";
    CHECK_EQ(check_certificate(path, files.key).problem, problem);
    CHECK_EQ(check_certificate(files.cert, path).problem, problem);
  }
}

TEST(a_missing_snakeoil_pair_names_the_command_that_makes_it) {
  Files files;
  std::string missing = files.dir.path("ssl-cert-snakeoil.pem");
  CHECK(contains(check_certificate(missing, files.key).problem,
                 missing + ": missing, create it or correct the path ('make-ssl-cert generate-default-snakeoil', "));
}

TEST(a_file_without_pem_is_an_error_that_says_what_is_missing) {
  Files files;
  CHECK_EQ(check_certificate(files.key, files.key).problem,
           files.key + ": contains no PEM certificate: name a file with the line -----BEGIN CERTIFICATE-----");
  CHECK_EQ(check_certificate(files.cert, files.cert).problem,
           files.cert + ": contains no PEM private key: name a file with the line -----BEGIN PRIVATE KEY-----");
  files.dir.write("cert.pem", "");
  CHECK(contains(files.check().problem, files.cert + ": contains no PEM certificate"));
}

TEST(a_damaged_certificate_is_an_error) {
  Files files;
  files.dir.write("cert.pem", "-----BEGIN CERTIFICATE-----\nZm9v\n-----END CERTIFICATE-----\n");
  CHECK(contains(files.check().problem, files.cert + ": cannot be read as a PEM certificate chain ("));
}

TEST(a_damaged_key_is_an_error) {
  Files files;
  files.dir.write("key.pem", "-----BEGIN PRIVATE KEY-----\nZm9v\n-----END PRIVATE KEY-----\n");
  CHECK(contains(files.check().problem, files.key + ": cannot be read as a PEM private key ("));
}

TEST(an_encrypted_key_is_an_error_and_does_not_ask_for_a_passphrase) {
  unit::TestCertificate certificate;
  Files files(certificate);
  certificate.write_key(files.key, "word");
  CHECK(contains(files.check().problem, files.key + ": is encrypted, and a service cannot ask for the passphrase"));
}

TEST(an_expired_certificate_is_a_problem) {
  CertificateCheck result = Files(unit::TestCertificate(-10 * kDay, -kDay)).check();
  CHECK(contains(result.problem, "cert.pem: expired on "));
  CHECK(contains(result.problem, ", so clients refuse it: renew it"));
  CHECK_EQ(result.warning, "");
}

TEST(a_certificate_that_expires_soon_is_a_warning) {
  CHECK(contains(Files(unit::TestCertificate(-kDay, 13 * kDay + kDay / 2)).check().warning, ", in 13 days: renew it"));
  CHECK_EQ(Files(unit::TestCertificate(-kDay, 15 * kDay)).check().warning, "");
}

TEST(expiry_is_exact_to_the_second) {
  constexpr long kAway = 40 * kDay + 12345;
  auto before = static_cast<unsigned long>(std::time(nullptr)) + kAway;
  unit::TestCertificate certificate(-kDay, kAway);
  auto after = static_cast<unsigned long>(std::time(nullptr)) + kAway;
  CHECK(lws_chat::expiry_of(certificate.get()) >= before);
  CHECK(lws_chat::expiry_of(certificate.get()) <= after);
}

TEST(a_certificate_of_the_future_is_a_warning) {
  CHECK(contains(Files(unit::TestCertificate(kDay, 30 * kDay)).check().warning, "cert.pem: not valid before "));
}

TEST(the_error_queue_of_openssl_stays_clean) {
  Files files;
  unit::TestCertificate().write_key(files.key);
  CHECK(!files.check().problem.empty());
  CHECK_EQ(ERR_peek_error(), 0ul);
}
