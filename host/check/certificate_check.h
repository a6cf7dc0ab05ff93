#pragma once

#include <openssl/x509.h>

#include <string>

namespace lws_chat {

struct CertificateCheck {
  std::string problem;  // "key.pem: does not belong to the certificate in cert.pem", or empty
  std::string warning;  // about its time: about to expire, not yet valid
};

// Loads a certificate chain and its key as a TLS server does, and throws them away. Asks nobody for a
// passphrase. A problem begins with the path of the file it is about.
CertificateCheck check_certificate(const std::string& cert_file, const std::string& key_file);

// "expires on 2026-12-01, in 8 days: renew it", or that it has expired, or is not yet valid; empty: all is well.
std::string time_warning(const X509* certificate);

// The moment it expires, in seconds since 1970; 0: it says none that makes sense.
unsigned long expiry_of(const X509* certificate);

}  // namespace lws_chat
