#include "redis/stream_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lws_chat {
namespace {

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

StreamSocket::State StreamSocket::connect(const SocketAddress& address) {
  int family = address.bytes.ss_family;
  descriptor_ = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor_ < 0) return fail(errno);
  int on = 1;
  if (family != AF_UNIX) setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) return State::kDone;
  // EAGAIN of a Unix socket is a failure: the server's queue is full, and connecting does not go on by itself.
  if (errno != EINPROGRESS && errno != EINTR) return fail(errno);
  connecting_ = true;
  return State::kAgain;
}

StreamSocket::State StreamSocket::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return fail(error);
  sockaddr_storage peer{};
  size = sizeof peer;
  if (getpeername(descriptor_, reinterpret_cast<sockaddr*>(&peer), &size) != 0)
    return errno == ENOTCONN ? State::kAgain : fail(errno);
  connecting_ = false;
  return State::kDone;
}

void StreamSocket::secure(const TlsTrust& trust, const std::string& host) {
  tls_ = std::make_unique<TlsSession>(trust, descriptor_, host);
}

StreamSocket::State StreamSocket::shake_hands() { return told(tls_->shake_hands()); }

StreamSocket::State StreamSocket::read(char* bytes, size_t size, size_t& got) {
  if (tls_) return told(tls_->read(bytes, size, got));
  ssize_t count = recv(descriptor_, bytes, size, 0);
  if (count < 0) return would_block() ? State::kAgain : fail(errno);
  got = static_cast<size_t>(count);
  return count == 0 ? State::kEnd : State::kDone;
}

StreamSocket::State StreamSocket::write(std::string_view bytes, size_t& sent) {
  if (tls_) return told(tls_->write(bytes, sent));
  ssize_t count = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count < 0) return would_block() ? State::kAgain : fail(errno);
  sent = static_cast<size_t>(count);
  return State::kDone;
}

void StreamSocket::close() {
  tls_ = nullptr;
  connecting_ = false;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

StreamSocket::State StreamSocket::fail(int error) {
  problem_ = std::strerror(error);
  error_ = error;
  return State::kFailed;
}

StreamSocket::State StreamSocket::told(TlsSession::State state) {
  switch (state) {
    case TlsSession::State::kDone: return State::kDone;
    case TlsSession::State::kAgain: return State::kAgain;
    case TlsSession::State::kEnd: return State::kEnd;
    case TlsSession::State::kFailed: break;
  }
  problem_ = tls_->problem();
  error_ = 0;
  return State::kFailed;
}

}  // namespace lws_chat
