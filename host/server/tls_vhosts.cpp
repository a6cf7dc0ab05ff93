#include "host/server/tls_vhosts.h"

#include <algorithm>

namespace lws_chat {
namespace {

TlsVhosts* instance = nullptr;

// RFC 8996 forbids both.
constexpr uint64_t kOldVersions = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;

// TLS 1.2 ciphers with forward secrecy and authenticated encryption (RFC 9325 section 4.2). All TLS 1.3 ciphers have
// both.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

// OpenSSL keeps one certificate for each type of key. After a reload with another type, clients could still choose the
// old one. This offers only the certificate that was loaded last.
int offer_last_loaded(SSL* connection, void*) {
  SSL_CTX* context = SSL_get_SSL_CTX(connection);
  X509* certificate = SSL_CTX_get0_certificate(context);
  EVP_PKEY* key = SSL_CTX_get0_privatekey(context);
  if (!certificate || !key) return 1;
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  SSL_certs_clear(connection);
  return SSL_use_cert_and_key(connection, certificate, key, chain, 1);
}

}  // namespace

TlsVhosts::TlsVhosts(const std::vector<VhostSummary>& config) : config_(config) {
  made_.reserve(config.size());  // lws calls the callback, which must not throw
  instance = this;
}

TlsVhosts::~TlsVhosts() { instance = nullptr; }

const lws_protocols* TlsVhosts::listen_through(const lws_protocols* protocol) {
  wrapped_ = protocol->callback;
  first_ = *protocol;
  first_.callback = callback;
  return &first_;
}

int TlsVhosts::callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t size) {
  if (reason != LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS)
    return instance->wrapped_(wsi, reason, user, in, size);
  instance->add(static_cast<lws_vhost*>(in), static_cast<SSL_CTX*>(user));
  return 0;
}

void TlsVhosts::add(lws_vhost* vhost, SSL_CTX* context) {
  auto found = std::find_if(config_.begin(), config_.end(), [vhost](const VhostSummary& config) {
    return config.name == lws_get_vhost_name(vhost) &&
           (config.unix_socket || static_cast<int>(config.port) == lws_get_vhost_port(vhost));
  });
  if (found == config_.end()) return;
  SSL_CTX_set_options(context, kOldVersions & ~found->tls_options_cleared);
  if (!found->own_ciphers) SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_cert_cb(context, offer_last_loaded, nullptr);
  made_.push_back({vhost, &*found, context});
}

}  // namespace lws_chat
