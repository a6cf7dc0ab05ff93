#include "host/check/certificate_check.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "access/regular_file.h"

namespace lws_chat {
namespace {

constexpr int kRenewalDays = 14;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

// Empties OpenSSL's error queue before and after. The check also runs in a serving process, where other code would
// take our errors for its own.
struct ErrorQueue {
  ErrorQueue() { ERR_clear_error(); }
  ~ErrorQueue() { ERR_clear_error(); }
};

// OpenSSL calls this when a key is encrypted.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason ? reason : "unknown reason";
}

// Returns why the file has no PEM block of this kind. Empty: it has one.
std::string pem_problem(const std::string& path, std::string_view kind) {
  if (path.empty()) return "no file is named";
  FileText file = read_regular_file(path);
  bool is_snakeoil = path.find("ssl-cert-snakeoil") != std::string::npos;
  if (!file.problem.empty())
    return file.problem + (is_snakeoil
                               ? " ('make-ssl-cert generate-default-snakeoil', from the package ssl-cert, makes "
                                 "certificate and key; the group ssl-cert may read the key)"
                               : "");
  if (file.text.find(std::string(kind) + "-----") != std::string::npos) return "";
  std::string what = kind == "CERTIFICATE" ? "certificate" : "private key";
  return "contains no PEM " + what + ": name a file with the line -----BEGIN " + std::string(kind) + "-----";
}

std::string key_problem(SSL_CTX* context, const std::string& cert_file, const std::string& key_file) {
  std::string mismatch = "does not belong to the certificate in " + cert_file + ": name the key of this certificate";
  bool asked = false;
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    if (asked) return "is encrypted, and a service cannot ask for the passphrase: decrypt it with openssl pkey";
    int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509 &&
        (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH))
      return mismatch;
    return "cannot be read as a PEM private key (" + openssl_reason() + ")";
  }
  return SSL_CTX_check_private_key(context) == 1 ? "" : mismatch;
}

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  char text[32] = "?";
  if (ASN1_TIME_to_tm(time, &parts) == 1) std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

bool expired(const X509* certificate) { return X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0; }

}  // namespace

std::string time_warning(const X509* certificate) {
  const ASN1_TIME* begin = X509_get0_notBefore(certificate);
  const ASN1_TIME* end = X509_get0_notAfter(certificate);
  int days = 0;
  int seconds = 0;
  if (X509_cmp_current_time(begin) > 0) return "not valid before " + date_of(begin) + ": clients refuse it until then";
  if (expired(certificate)) return "expired on " + date_of(end) + ", so clients refuse it: renew it";
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) == 1 && days < kRenewalDays)
    return "expires on " + date_of(end) + ", in " + std::to_string(days) + (days == 1 ? " day" : " days") +
           ": renew it";
  return "";
}

unsigned long expiry_of(const X509* certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return 0;
  return static_cast<unsigned long>(std::max<std::time_t>(timegm(&parts), 0));
}

CertificateCheck check_certificate(const std::string& cert_file, const std::string& key_file) {
  ErrorQueue queue;
  auto problem_of = [](const std::string& file, const std::string& what) {
    return CertificateCheck{file + ": " + what, ""};
  };
  std::string problem = pem_problem(cert_file, "CERTIFICATE");
  if (!problem.empty()) return problem_of(cert_file, problem);
  problem = pem_problem(key_file, "PRIVATE KEY");
  if (!problem.empty()) return problem_of(key_file, problem);
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return problem_of(cert_file, "OpenSSL cannot create a TLS context (" + openssl_reason() + ")");
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) != 1)
    return problem_of(cert_file, "cannot be read as a PEM certificate chain (" + openssl_reason() + ")");
  problem = key_problem(context.get(), cert_file, key_file);
  if (!problem.empty()) return problem_of(key_file, problem);
  const X509* certificate = SSL_CTX_get0_certificate(context.get());
  std::string warning = time_warning(certificate);
  if (expired(certificate)) return problem_of(cert_file, warning);
  return {"", warning.empty() ? "" : cert_file + ": " + warning};
}

}  // namespace lws_chat
