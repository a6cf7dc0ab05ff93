#pragma once

#include <cstddef>
#include <string_view>

struct bio_st;
struct ssl_st;

namespace lws_chat {

// The way of a TLS connection's records from OpenSSL to the socket: the connection's write BIO. Records of seal() are
// gathered, to leave through a batch. All others are written to the socket, but never before records that still wait.
class TlsOutput {
 public:
  // Nothing: lws writes to the socket by itself.
  TlsOutput() = default;

  // Takes the place of the BIO that writes to the socket `fd`. Is nothing if another BIO does, or the kernel encrypts.
  TlsOutput(ssl_st* ssl, int fd);

  // OpenSSL keeps the BIO for as long as it needs it.
  ~TlsOutput();
  TlsOutput(TlsOutput&& other) noexcept;
  TlsOutput& operator=(TlsOutput&& other) noexcept;

  explicit operator bool() const { return bio_ != nullptr; }

  // Room that seal() needs for so many bytes.
  static size_t room_for(size_t bytes);

  // Encrypts the bytes into `room`, which has room_for() them. Returns the size of the records, or 0 if they have to be
  // written in the usual way: TLS is in the middle of something, or is broken. Precondition: nothing waits, neither
  // here nor in lws.
  size_t seal(ssl_st* ssl, std::string_view bytes, char* room, size_t size);

  // The records of seal() have left, except for `rest`, which waits from now on. Returns false if there is no memory
  // for it: the connection is over.
  [[nodiscard]] bool keep(std::string_view rest);

  // Nothing can follow what the peer has got.
  void give_up();

  // True: records wait until the socket takes more. Until then everything that lws writes waits in lws.
  bool waits() const;

  // Sends what waits, as far as the socket takes it. Returns false if the connection is broken.
  [[nodiscard]] bool send();

 private:
  bio_st* bio_ = nullptr;
};

}  // namespace lws_chat
