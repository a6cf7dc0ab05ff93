#pragma once

#include <libwebsockets.h>
#include <openssl/ssl.h>

#include <vector>

#include "host/check/config_check.h"

namespace lws_chat {

// The TLS vhosts of libwebsockets, and secure defaults for them. lws's parser starts each vhost with outdated ciphers
// and takes no defaults from us. But while it creates a vhost, lws shows the vhost's OpenSSL context to the first
// protocol: there we set what the configuration leaves open. A process has one object of this class, because lws's
// callback carries no pointer of ours.
class TlsVhosts {
 public:
  struct Vhost {
    lws_vhost* vhost;
    const VhostSummary* config;
    SSL_CTX* context;

    // The certificate in use. The file may hold another one by now. nullptr: none, with "ignore-missing-cert".
    const X509* certificate() const { return SSL_CTX_get0_certificate(context); }
  };

  // Keeps a reference to the configuration.
  explicit TlsVhosts(const std::vector<VhostSummary>& config);
  ~TlsVhosts();
  TlsVhosts(const TlsVhosts&) = delete;
  TlsVhosts& operator=(const TlsVhosts&) = delete;

  // Wraps a protocol. Give the result to lws as the first protocol.
  const lws_protocols* listen_through(const lws_protocols* protocol);

  // The vhosts that lws has created.
  const std::vector<Vhost>& made() const { return made_; }

 private:
  static int callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size);
  void add(lws_vhost* vhost, SSL_CTX* context);

  const std::vector<VhostSummary>& config_;
  std::vector<Vhost> made_;
  lws_protocols first_{};
  lws_callback_function* wrapped_ = nullptr;
};

}  // namespace lws_chat
