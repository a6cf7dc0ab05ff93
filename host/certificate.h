#pragma once

#include <string>

namespace lws_chat {

struct CertificateCheck {
  std::string problem;  // "key.pem: does not belong to the certificate in cert.pem", or empty
  std::string warning;  // about its time: expired, about to expire, not yet valid
};

// Loads a certificate chain and its key as a TLS server does, and throws them away. Asks nobody for a
// passphrase. A problem begins with the path of the file it is about.
CertificateCheck check_certificate(const std::string& cert_file, const std::string& key_file);

}  // namespace lws_chat
