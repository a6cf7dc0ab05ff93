#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lws_chat {

// What TLS connections of a link have in common: the authorities that they trust.
class TlsTrust {
 public:
  // Reads the file of certificates; without a name, the system's. Returns what is wrong.
  [[nodiscard]] std::string load(const std::string& ca_file);

  SSL_CTX* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

// Returns what is wrong with a file of certificates for TlsTrust; empty: nothing is. It is for checks of a
// configuration.
std::string redis_tls_problem(const std::string& ca_file);

// A client's side of TLS on a connected socket, which never blocks and raises no SIGPIPE.
class TlsSession {
 public:
  enum class State : uint8_t { kDone, kAgain, kEnd, kFailed };

  // Checks that the server is `host`, a name or a number; empty: it may be anybody who is trusted. Throws
  // std::bad_alloc.
  TlsSession(const TlsTrust& trust, int socket, const std::string& host);

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // After kAgain, call again when the socket is ready. Then wants_write() says if that is for writing, too.
  State shake_hands();
  State read(char* bytes, size_t size, size_t& got);
  State write(std::string_view bytes, size_t& sent);

  bool wants_write() const { return SSL_want_write(ssl_.get()); }

  // What went wrong, after kFailed.
  const std::string& problem() const { return problem_; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  State judge(int result);

  int socket_;
  std::unique_ptr<SSL, Free> ssl_;  // knows where socket_ is
  std::string problem_;
};

}  // namespace lws_chat
