// Each byte of the input is a step of a TLS connection whose socket takes little: records that a batch sends in part,
// writes of lws, keys that change, a client that reads. The client must read everything once and in order.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lws/fanout/tls_output.h"
#include "support/tls_pair.h"

using namespace lws_chat;

namespace {

class Connection {
 public:
  Connection() : output_(pair_.server(), pair_.server_socket()) {
    int least = 1;
    setsockopt(pair_.server_socket(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  }

  void step(unsigned what, size_t amount) {
    switch (what) {
      case 0: return seal(amount * 37 + 1, amount);
      case 1: return write(amount * 61 + 1);
      case 2: return read(amount * 200);
      case 3: return writeable();
      default: return ask();
    }
  }

  void finish() {
    // OpenSSL says no goodbye while its answer to a new key waits.
    for (int turn = 0; turn < 10000 && (read_ < written_ || SSL_in_init(pair_.server())); ++turn) {
      read(1 << 20);
      writeable();
    }
    SSL_shutdown(pair_.server());
    read(1 << 20);
    if (read_ != written_ || !closed_) std::abort();
  }

 private:
  static char letter(size_t at) { return static_cast<char>('a' + at % 23); }

  std::string next(size_t size) {
    std::string text(size, '\0');
    std::generate(text.begin(), text.end(), [this] { return letter(written_++); });
    return text;
  }

  // The hub's way, for a client that is ready. While the bytes are in the batch, lws may want to write.
  void seal(size_t size, size_t taken) {
    if (!unsent_.empty() || output_.waits()) return;
    std::string text = next(size);
    std::string room(TlsOutput::room_for(size), '\0');
    room.resize(output_.seal(pair_.server(), text, room.data(), room.size()));
    if (room.empty()) {
      unsent_ = text;
      return writeable();
    }
    if (taken % 2) write(taken);
    size_t most = room.size() * (taken % 8) / 7;
    ssize_t sent = most ? ::send(pair_.server_socket(), room.data(), most, MSG_DONTWAIT) : 0;
    if (!output_.keep(std::string_view(room).substr(static_cast<size_t>(std::max<ssize_t>(sent, 0))))) std::abort();
  }

  // As lws, which keeps what it could not write.
  void write(size_t size) {
    unsent_ += next(size);
    push();
  }

  void push() {
    if (unsent_.empty()) return;
    if (tried_ == 0) tried_ = unsent_.size();
    int n = SSL_write(pair_.server(), unsent_.data(), static_cast<int>(tried_));
    if (n <= 0 && SSL_get_error(pair_.server(), n) != SSL_ERROR_WANT_WRITE) std::abort();
    if (n <= 0) return;
    unsent_.erase(0, static_cast<size_t>(n));
    tried_ = 0;
  }

  void writeable() {
    if (!output_.send()) std::abort();
    push();
    serve();
  }

  // The server reads. While OpenSSL's own write waits, a second wish for a new key breaks the connection, with any BIO
  // (3.0.19).
  void serve() {
    char byte;
    if (unsent_.empty()) (void)SSL_read(pair_.server(), &byte, 1);
  }

  // The client sends its new key, and wants one.
  void ask() {
    SSL_key_update(pair_.client(), SSL_KEY_UPDATE_REQUESTED);
    (void)SSL_write(pair_.client(), "x", 1);
    serve();
  }

  void read(size_t most) {
    std::string piece(most, '\0');
    int n = most ? SSL_read(pair_.client(), piece.data(), static_cast<int>(most)) : 0;
    for (; n > 0; n = SSL_read(pair_.client(), piece.data(), static_cast<int>(most))) {
      for (int i = 0; i < n; ++i)
        if (piece[static_cast<size_t>(i)] != letter(read_++)) std::abort();
      if (most < 4096) return;
    }
    int error = most ? SSL_get_error(pair_.client(), n) : SSL_ERROR_WANT_READ;
    if (error == SSL_ERROR_ZERO_RETURN)
      closed_ = true;
    else if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      std::abort();
  }

  unit::TlsPair pair_;
  TlsOutput output_;
  std::string unsent_;  // what lws holds
  size_t tried_ = 0;    // its first bytes that OpenSSL has seen, and has to see again
  size_t written_ = 0;
  size_t read_ = 0;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Connection connection;
  for (size_t i = 0; i < std::min<size_t>(size, 200); ++i) connection.step(data[i] % 5, data[i] / 5);
  connection.finish();
  return 0;
}
