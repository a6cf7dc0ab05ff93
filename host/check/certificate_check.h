#pragma once

#include <openssl/x509.h>

#include <string>

namespace lws_chat {

struct CertificateCheck {
  std::string problem;  // "key.pem: does not belong to the certificate in cert.pem", or empty
  std::string warning;  // "cert.pem: expires on 2026-12-01, …" or "… not valid before …", or empty
};

// Loads a certificate chain and its key as a TLS server does, then frees them. Never asks for a passphrase. The texts
// begin with the path of the faulty file.
CertificateCheck check_certificate(const std::string& cert_file, const std::string& key_file);

// "expires on 2026-12-01, in 8 days: renew it", "expired on …" or "not valid before …". Empty: nothing to warn of.
std::string time_warning(const X509* certificate);

// Expiry in seconds since 1970. 0: the certificate has no usable date.
unsigned long expiry_of(const X509* certificate);

}  // namespace lws_chat
