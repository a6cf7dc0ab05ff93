// One WebSocket client, plain or TLS, that never blocks.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "clock.h"
#include "options.h"
#include "websocket.h"

namespace bench {

// What all clients share.
struct Network {
  explicit Network(const Options& options);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // A key that hides nothing, but differs from frame to frame as section 5.3 of RFC 6455 demands.
  uint32_t mask_key() { return static_cast<uint32_t>(random()); }

  const Options& options;
  sockaddr_in address{};
  int epoll = -1;
  // The clients that publish, for themselves and, as one descriptor with the number kGroup, in `epoll`.
  int publishers_epoll = -1;
  static constexpr uint32_t kGroup = 0xffffffff;
  SSL_CTX* tls = nullptr;
  std::minstd_rand random{std::random_device{}()};
  std::string key;           // Sec-WebSocket-Key, the same for all: the answer is verified cheaply
  std::string accept;        // and what the server has to answer
  std::vector<char> buffer;  // what a read goes into
};

class Client {
 public:
  class Owner {
   public:
    virtual void opened(Client& client) = 0;
    // A whole text message; the text is gone after the call.
    virtual void received(Client& client, std::string_view text, Nanoseconds when) = 0;
    // The connection was refused, closed or lost. It is not used any more.
    virtual void ended(Client& client, const std::string& why) = 0;

   protected:
    ~Owner() = default;
  };

  // `number` is the client's in epoll's events, never kGroup. Stalled: takes as little as possible and, once open,
  // reads nothing.
  Client(Network& network, Owner& owner, uint32_t number, bool stalled);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // With a channel it speaks the structured dialect, and is open once it has subscribed to it.
  void connect(const std::string& path, const std::string& channel);
  void handle(uint32_t epoll_events);

  // Sent by the next flush(), or after the handle() from which it was called.
  void queue_text(std::string_view text);
  void flush();

  uint32_t number() const { return number_; }
  bool open() const { return state_ == State::kOpen; }
  Nanoseconds began() const { return began_; }

 private:
  enum class State : uint8_t { kNew, kConnecting, kTls, kHandshake, kSubscribing, kOpen, kEnded };

  void proceed();
  void read();
  ssize_t receive(char* bytes, size_t room);
  size_t consume(char* bytes, size_t size, Nanoseconds when);
  size_t consume_response(std::string_view response);
  void consume_frame(const Frame& frame, Nanoseconds when);
  void consume_message(std::string_view message, Nanoseconds when);
  void queue_frame(Opcode opcode, std::string_view payload);
  int epoll() const { return number_ < network_.options.publishers ? network_.publishers_epoll : network_.epoll; }
  void watch(bool writeable);
  void end(const std::string& why);

  Network& network_;
  Owner& owner_;
  uint32_t number_;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  State state_ = State::kNew;
  std::string channel_;    // of the structured dialect
  uint64_t commands_ = 2;  // of it, sent so far
  bool stalled_;
  bool watches_writeable_ = false;
  Nanoseconds began_ = 0;
  std::string unparsed_;                    // the beginning of a frame
  std::string unsent_;                      // what the socket does not take now
  std::unique_ptr<std::string> fragments_;  // the beginning of a message
};

}  // namespace bench
