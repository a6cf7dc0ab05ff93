#include "host/server/certificate_reload.h"

#include <set>
#include <string>
#include <utility>

#include "host/check/certificate_check.h"

namespace lws_chat {

CertificateReload::CertificateReload(const std::vector<VhostSummary>& config, const TlsVhosts& tls_vhosts)
    : config_(config), tls_vhosts_(tls_vhosts) {}

void CertificateReload::start(lws_context* context, const lws_chat_ops* chat) {
  context_ = context;
  chat_ = chat;
  publish_expiries();
}

void CertificateReload::reload() {
  std::set<std::pair<std::string, std::string>> pairs;
  for (const VhostSummary& vhost : config_)
    if (vhost.tls) pairs.emplace(vhost.certificate, vhost.key);
  if (pairs.empty()) lwsl_notice("lws-chatd: SIGHUP: no certificates to reload\n");
  for (const auto& [certificate, key] : pairs) {
    CertificateCheck check = check_certificate(certificate, key);
    if (!check.problem.empty()) {
      lwsl_err("lws-chatd: SIGHUP: %s; the certificate in use stays\n", check.problem.c_str());
      continue;
    }
    if (!check.warning.empty()) lwsl_warn("lws-chatd: SIGHUP: %s\n", check.warning.c_str());
    lws_tls_cert_updated(context_, certificate.c_str(), key.c_str(), nullptr, 0, nullptr, 0);
    lwsl_notice("lws-chatd: SIGHUP: %s is in use for new connections\n", certificate.c_str());
  }
  publish_expiries();
}

void CertificateReload::warn_of_expiry() const {
  std::set<std::string> warnings;  // vhosts may share a certificate
  for (const TlsVhosts::Vhost& vhost : tls_vhosts_.made()) {
    const X509* certificate = vhost.certificate();
    std::string warning = certificate ? time_warning(certificate) : "";
    if (!warning.empty()) warnings.insert(vhost.config->certificate + ": " + warning);
  }
  for (const std::string& warning : warnings) lwsl_warn("lws-chatd: %s\n", warning.c_str());
}

void CertificateReload::publish_expiries() const {
  for (const TlsVhosts::Vhost& vhost : tls_vhosts_.made())
    if (const X509* certificate = vhost.certificate()) chat_->certificate_expires(vhost.vhost, expiry_of(certificate));
}

}  // namespace lws_chat
