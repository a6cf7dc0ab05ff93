#pragma once

#include <fcntl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "support/config_dir.h"
#include "support/test_certificate.h"

namespace unit {

// A TLS server and its client in this thread, at the ends of a pair of sockets. The handshake is over. The server
// writes as libwebsockets lets it: without waiting, with buffers that may move, and without buffers while nothing is
// written.
class TlsPair {
 public:
  struct Wish {
    int version = TLS1_3_VERSION;
    const char* ciphers = nullptr;  // of TLS 1.2; nullptr: OpenSSL's
    unsigned char fragment = TLSEXT_max_fragment_length_DISABLED;
    bool renegotiates = false;  // the client may negotiate again (TLS 1.2)
  };

  TlsPair() : TlsPair(Wish()) {}
  explicit TlsPair(const Wish& wish)
      : contexts_{Context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free),
                  Context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free)} {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_) != 0) throw std::runtime_error("socketpair");
    SSL_CTX_set_max_proto_version(contexts_[0].get(), wish.version);
    if (wish.ciphers) SSL_CTX_set_cipher_list(contexts_[0].get(), wish.ciphers);
    if (wish.renegotiates) SSL_CTX_set_options(contexts_[0].get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_set_tlsext_max_fragment_length(contexts_[1].get(), wish.fragment);
    static const Identity identity;
    SSL_CTX_use_certificate_file(contexts_[0].get(), identity.folder.path("certificate").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(contexts_[0].get(), identity.folder.path("key").c_str(), SSL_FILETYPE_PEM);
    for (int i : {0, 1}) {
      sides_[i].reset(SSL_new(contexts_[i].get()));
      SSL_set_fd(sides_[i].get(), ends_[i]);
    }
    SSL_set_mode(server(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_set_accept_state(server());
    SSL_set_connect_state(client());
    for (int turn = 0; turn < 20 && !(SSL_is_init_finished(server()) && SSL_is_init_finished(client())); ++turn) {
      SSL_do_handshake(client());
      SSL_do_handshake(server());
    }
    if (!SSL_is_init_finished(server())) throw std::runtime_error("no handshake");
    receive();  // tickets
  }
  ~TlsPair() {
    for (auto& side : sides_) side.reset();
    for (int end : ends_) close(end);
  }
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;

  SSL* server() const { return sides_[0].get(); }
  SSL* client() const { return sides_[1].get(); }
  int server_socket() const { return ends_[0]; }
  int client_socket() const { return ends_[1]; }

  // All that the client can read now. `error` is then why it can read no more: SSL_ERROR_WANT_READ if all is well.
  std::string receive() {
    std::string all;
    char piece[4096];
    int n;
    while ((n = SSL_read(client(), piece, sizeof piece)) > 0) all.append(piece, static_cast<size_t>(n));
    error = SSL_get_error(client(), n);
    return all;
  }
  int error = SSL_ERROR_NONE;

  // The server is over, without a word to its client.
  void free_server() { sides_[0].reset(); }

 private:
  using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  // The same for all pairs: a key takes long to make.
  struct Identity {
    Identity() {
      TestCertificate certificate;
      certificate.write_certificate(folder.path("certificate"));
      certificate.write_key(folder.path("key"));
    }
    TempDir folder;
  };

  int ends_[2] = {-1, -1};
  Context contexts_[2];
  std::unique_ptr<SSL, Free> sides_[2];
};

}  // namespace unit
