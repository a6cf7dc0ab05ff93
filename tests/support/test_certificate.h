#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace unit {

// A self-signed certificate for localhost, and its key. `begin` and `end` of its validity are in seconds from now.
class TestCertificate {
 public:
  explicit TestCertificate(long begin = -3600, long end = 90L * 24 * 3600, const char* curve = "P-256")
      : key_(EVP_EC_gen(curve), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    X509* x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), begin);
    X509_gmtime_adj(X509_getm_notAfter(x), end);
    X509_set_pubkey(x, key_.get());
    X509_NAME* name = X509_get_subject_name(x);
    auto host = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(x, name);
    if (X509_sign(x, key_.get(), EVP_sha256()) == 0) throw std::runtime_error("cannot sign the test certificate");
  }

  const X509* get() const { return certificate_.get(); }

  void write_certificate(const std::string& path) const {
    File file = open(path);
    PEM_write_X509(file.get(), certificate_.get());
  }
  void write_key(const std::string& path, const char* passphrase = nullptr) const {
    File file = open(path);
    fchmod(fileno(file.get()), S_IRUSR | S_IWUSR);
    PEM_write_PKCS8PrivateKey(file.get(), key_.get(), passphrase ? EVP_aes_128_cbc() : nullptr, passphrase,
                              passphrase ? 4 : 0, nullptr, nullptr);
  }

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  static File open(const std::string& path) {
    File file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file) throw std::runtime_error("cannot write " + path);
    return file;
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

}  // namespace unit
