#pragma once

#include <libwebsockets.h>
#include <openssl/ssl.h>

#include <vector>

#include "host/check/config_check.h"

namespace lws_chat {

// The vhosts with TLS as libwebsockets has made them. Its parser begins each vhost with settings of its own, among
// them ciphers of another time, and takes none from us: what the configuration leaves open is set in the vhost's
// OpenSSL context, which lws shows to the first protocol while it makes the vhost. There is one of these in a process:
// a protocol's callback is told of nothing that is ours.
class TlsVhosts {
 public:
  struct Vhost {
    lws_vhost* vhost;
    const VhostSummary* config;
    SSL_CTX* context;

    // The one in use, which may not be what the file has now; nullptr: none, with "ignore-missing-cert".
    const X509* certificate() const { return SSL_CTX_get0_certificate(context); }
  };

  // What is given lives longer.
  explicit TlsVhosts(const std::vector<VhostSummary>& config);
  ~TlsVhosts();
  TlsVhosts(const TlsVhosts&) = delete;
  TlsVhosts& operator=(const TlsVhosts&) = delete;

  // The protocol as it is to be given to lws, as the first one.
  const lws_protocols* listen_through(const lws_protocols* protocol);

  // Those that have been made.
  const std::vector<Vhost>& made() const { return made_; }

 private:
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size);
  void add(lws_vhost* vhost, SSL_CTX* context);

  const std::vector<VhostSummary>& config_;
  std::vector<Vhost> made_;
  lws_protocols first_{};
  lws_callback_function* of_the_protocol_ = nullptr;
};

}  // namespace lws_chat
