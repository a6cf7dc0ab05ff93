#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "redis/socket_address.h"
#include "redis/tls.h"

namespace lws_chat {

// A stream socket, with or without TLS, which never blocks.
class StreamSocket {
 public:
  enum class State : uint8_t { kDone, kAgain, kEnd, kFailed };

  StreamSocket() = default;
  ~StreamSocket() { close(); }
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;

  // Begins to connect. Precondition: the socket is closed.
  State connect(const SocketAddress& address);

  // How far connect() got. Call it when the socket can be written.
  State connected();

  // Begins TLS. Precondition: the socket is connected. Until shake_hands() is done, there is no read() and write().
  void secure(const TlsTrust& trust, const std::string& host);
  State shake_hands();

  State read(char* bytes, size_t size, size_t& got);
  State write(std::string_view bytes, size_t& sent);

  void close();

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

  // While it connects or shakes hands: it waits until it can write, not only read.
  bool wants_write() const { return tls_ ? tls_->wants_write() : connecting_; }

  // What went wrong, after kFailed.
  const std::string& problem() const { return problem_; }
  int error() const { return error_; }  // the system's number for it; 0: it is not the system's

 private:
  State fail(int error);  // always kFailed
  State told(TlsSession::State state);

  int descriptor_ = -1;
  bool connecting_ = false;
  std::unique_ptr<TlsSession> tls_;
  std::string problem_;
  int error_ = 0;
};

}  // namespace lws_chat
