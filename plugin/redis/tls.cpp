#include "redis/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace lws_chat {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// OpenSSL's own BIO for sockets raises SIGPIPE.
int send_some(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  ssize_t sent = send(static_cast<int>(BIO_get_fd(bio, nullptr)), bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_some(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  ssize_t got = recv(static_cast<int>(BIO_get_fd(bio, nullptr)), bytes, static_cast<size_t>(size), 0);
  if (got < 0 && would_block()) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_C_GET_FD) return *static_cast<const int*>(BIO_get_data(bio));
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "quiet socket");
    if (!made) throw std::bad_alloc();
    BIO_meth_set_write(made, send_some);
    BIO_meth_set_read(made, receive_some);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

std::string openssl_error() {
  char text[256] = "";
  unsigned long error = ERR_peek_last_error();
  if (error != 0) ERR_error_string_n(error, text, sizeof text);
  const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
  return reason ? reason : text;
}

bool is_number(const std::string& host) {
  unsigned char address[16];
  return inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
}

// Refuses every server but this one. A server with several names learns which one is meant.
bool expect(SSL* ssl, const std::string& host) {
  if (is_number(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  // OpenSSL's macro SSL_set_tlsext_host_name has a cast as in C.
  auto* name = const_cast<char*>(host.c_str());
  return SSL_set1_host(ssl, host.c_str()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
}

}  // namespace

std::string TlsTrust::load(const std::string& ca_file) {
  ERR_clear_error();
  std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                               : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  if (loaded != 1) return ca_file + " cannot be read as certificates (" + openssl_error() + "): name a file in PEM";
  context_ = std::move(context);
  return "";
}

std::string redis_tls_problem(const std::string& ca_file) { return TlsTrust().load(ca_file); }

TlsSession::TlsSession(const TlsTrust& trust, int socket, const std::string& host)
    : socket_(socket), ssl_(SSL_new(trust.get())) {
  BIO* bio = ssl_ ? BIO_new(bio_method()) : nullptr;
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio, &socket_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_connect_state(ssl_.get());
  if (host.empty()) return;
  if (!expect(ssl_.get(), host)) throw std::bad_alloc();
}

TlsSession::State TlsSession::shake_hands() {
  ERR_clear_error();
  return judge(SSL_do_handshake(ssl_.get()));
}

TlsSession::State TlsSession::read(char* bytes, size_t size, size_t& got) {
  ERR_clear_error();
  errno = 0;
  return judge(SSL_read_ex(ssl_.get(), bytes, size, &got));
}

TlsSession::State TlsSession::write(std::string_view bytes, size_t& sent) {
  ERR_clear_error();
  errno = 0;
  return judge(SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent));
}

TlsSession::State TlsSession::judge(int result) {
  if (result == 1) return State::kDone;
  int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return State::kAgain;
    case SSL_ERROR_ZERO_RETURN: return State::kEnd;
    case SSL_ERROR_SYSCALL:
      problem_ = system_error != 0 ? std::strerror(system_error) : "the connection was closed";
      break;
    default: problem_ = openssl_error(); break;
  }
  long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK) problem_ = X509_verify_cert_error_string(verified);
  return State::kFailed;
}

}  // namespace lws_chat
