#include "lws/fanout/tls_output.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace lws_chat {
namespace {

// What the BIO knows. It lives as long as the BIO.
struct Way {
  explicit Way(int socket) : fd(socket) {}
  bool waits() const { return sent < waiting.size(); }

  int fd;
  char* room = nullptr;   // where records are gathered; nullptr: they are written to the socket
  size_t left = 0;        // bytes left there
  bool in_batch = false;  // gathered records have not left yet
  bool broken = false;
  std::string waiting;  // records that wait for the socket, from sent on
  size_t sent = 0;
};

Way& way_of(BIO* bio) { return *static_cast<Way*>(BIO_get_data(bio)); }

// As send(2), but never waits.
ssize_t send_now(int fd, const char* bytes, size_t size) {
  return ::send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool takes_more_later(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

bool send_waiting(Way& way) {
  while (way.waits()) {
    ssize_t n = send_now(way.fd, way.waiting.data() + way.sent, way.waiting.size() - way.sent);
    if (n < 0 && !takes_more_later(errno)) way.broken = true;
    if (n < 0) return !way.broken;
    way.sent += static_cast<size_t>(n);
  }
  way.waiting = std::string();
  way.sent = 0;
  return true;
}

int fail(int error) {
  errno = error;
  return -1;
}

// OpenSSL keeps the record and comes again with it.
int later(BIO* bio) {
  BIO_set_retry_write(bio);
  return fail(EAGAIN);
}

int gather(Way& way, const char* bytes, size_t size) {
  if (size > way.left) return fail(ENOBUFS);
  std::memcpy(way.room, bytes, size);
  way.room += size;
  way.left -= size;
  return static_cast<int>(size);
}

int write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  if (!bytes || size <= 0) return 0;
  Way& way = way_of(bio);
  if (way.broken) return fail(EPIPE);
  if (way.room) return gather(way, bytes, static_cast<size_t>(size));
  if (way.in_batch) return later(bio);
  if (!send_waiting(way)) return -1;
  if (way.waits()) return later(bio);
  ssize_t n = send_now(way.fd, bytes, static_cast<size_t>(size));
  if (n < 0 && takes_more_later(errno)) return later(bio);
  return static_cast<int>(n);
}

long control(BIO* bio, int command, long, void* argument) {
  switch (command) {
    case BIO_C_GET_FD:
      if (argument) *static_cast<int*>(argument) = way_of(bio).fd;
      return way_of(bio).fd;
    // What the handshake writes leaves at once, or OpenSSL keeps it.
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_WPENDING: return static_cast<long>(way_of(bio).waiting.size() - way_of(bio).sent);
    default: return 0;
  }
}

int destroy(BIO* bio) {
  delete static_cast<Way*>(BIO_get_data(bio));
  BIO_set_data(bio, nullptr);
  return 1;
}

// Never freed: lws may free connections after everything of the plugin.
BIO_METHOD* make_method() {
  int index = BIO_get_new_index();
  if (index < 0) return nullptr;
  BIO_METHOD* method = BIO_meth_new(index | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "lws-chat");
  if (!method) return nullptr;
  BIO_meth_set_write(method, write);
  BIO_meth_set_ctrl(method, control);
  BIO_meth_set_destroy(method, destroy);
  return method;
}

BIO* make_bio(int fd) {
  static BIO_METHOD* const method = make_method();
  BIO* bio = method ? BIO_new(method) : nullptr;
  if (!bio) return nullptr;
  Way* way = new (std::nothrow) Way(fd);
  BIO_set_data(bio, way);
  BIO_set_init(bio, 1);
  if (way) return bio;
  BIO_free(bio);
  return nullptr;
}

// True: an ordinary BIO writes to this socket, and OpenSSL encrypts.
bool is_plain_socket(BIO* bio, int fd) {
  return bio && BIO_method_type(bio) == BIO_TYPE_SOCKET && BIO_get_fd(bio, nullptr) == fd && !BIO_get_ktls_send(bio);
}

}  // namespace

TlsOutput::TlsOutput(ssl_st* ssl, int fd) {
  if (!is_plain_socket(SSL_get_wbio(ssl), fd)) return;
  bio_ = make_bio(fd);
  if (!bio_) {
    ERR_clear_error();
    return;
  }
  BIO_up_ref(bio_);
  SSL_set0_wbio(ssl, bio_);
}

TlsOutput::~TlsOutput() {
  if (!bio_) return;
  if (way_of(bio_).in_batch) give_up();
  BIO_free(bio_);
}

TlsOutput::TlsOutput(TlsOutput&& other) noexcept : bio_(std::exchange(other.bio_, nullptr)) {}

TlsOutput& TlsOutput::operator=(TlsOutput&& other) noexcept {
  std::swap(bio_, other.bio_);
  return *this;
}

// A record has 16 384 bytes, or 512 if the peer asks for that (RFC 6066 section 4), and at most 85 around them: header,
// initial vector, MAC of 48 and padding in TLS 1.2. A message of TLS itself, such as a new key, may come first.
size_t TlsOutput::room_for(size_t bytes) { return bytes + (bytes / 512 + 1) * 128 + 1024; }

size_t TlsOutput::seal(ssl_st* ssl, std::string_view bytes, char* room, size_t size) {
  Way& way = way_of(bio_);
  if (way.broken || !SSL_is_init_finished(ssl)) return 0;
  way.room = room;
  way.left = size;
  int n = SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
  way.room = nullptr;
  if (n > 0 && static_cast<size_t>(n) == bytes.size()) {
    way.in_batch = true;
    return size - way.left;
  }
  ERR_clear_error();
  // Something that was gathered will not leave.
  if (way.left < size) way.broken = true;
  return 0;
}

bool TlsOutput::keep(std::string_view rest) {
  Way& way = way_of(bio_);
  way.in_batch = false;
  try {
    way.waiting = rest;
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

void TlsOutput::give_up() { way_of(bio_).broken = true; }

bool TlsOutput::waits() const { return bio_ && way_of(bio_).waits(); }

bool TlsOutput::send() { return !bio_ || (!way_of(bio_).broken && send_waiting(way_of(bio_))); }

}  // namespace lws_chat
