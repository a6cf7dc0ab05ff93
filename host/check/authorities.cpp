#include "host/check/authorities.h"

#include <openssl/pem.h>

#include <memory>

#include "access/regular_file.h"

namespace lws_chat {

std::string authorities_problem(const std::string& path) {
  FileText file = read_trusted_file(path);
  if (!file.problem.empty()) return file.problem;
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(file.text.data(), static_cast<int>(file.text.size())),
                                                BIO_free);
  std::unique_ptr<X509, decltype(&X509_free)> first(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr),
                                                    X509_free);
  return first ? "" : "has no certificate, expected a file in PEM, with -----BEGIN CERTIFICATE-----";
}

}  // namespace lws_chat
