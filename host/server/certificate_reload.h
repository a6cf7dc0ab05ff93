#pragma once

#include <libwebsockets.h>

#include <vector>

#include "host/check/config_check.h"
#include "host/server/tls_vhosts.h"
#include "lws-chat.h"

namespace lws_chat {

// The certificates of a running server: loads them again at SIGHUP, and warns before they expire.
class CertificateReload {
 public:
  // Keeps references to both.
  CertificateReload(const std::vector<VhostSummary>& config, const TlsVhosts& tls_vhosts);

  // Call it when all vhosts exist. The context and the plugin outlive this object.
  void start(lws_context* context, const lws_chat_ops* chat);

  // Loads every certificate and key again. A pair that cannot be used is logged, and the certificate in use stays.
  void reload();

  // Logs a warning for each certificate in use that has expired or soon expires.
  void warn_of_expiry() const;

 private:
  void publish_expiries() const;

  const std::vector<VhostSummary>& config_;
  const TlsVhosts& tls_vhosts_;
  lws_context* context_ = nullptr;
  const lws_chat_ops* chat_ = nullptr;
};

}  // namespace lws_chat
