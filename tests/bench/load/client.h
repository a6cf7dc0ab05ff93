// One client, plain or TLS, that never blocks: a WebSocket, an event stream, or a client that posts.
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
#include "http.h"
#include "inflater.h"
#include "options.h"
#include "websocket.h"

namespace bench {

// Data that all clients share.
struct Network {
  explicit Network(const Options& options);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // A masking key. It is not secret, but differs from frame to frame, as RFC 6455 section 5.3 requires.
  uint32_t mask_key() { return static_cast<uint32_t>(random()); }

  const Options& options;
  sockaddr_in address{};
  sockaddr_in publish_address{};
  int epoll = -1;
  // Clients that publish have an epoll of their own. `epoll` contains it as one descriptor with the number kGroup.
  int publishers_epoll = -1;
  static constexpr uint32_t kGroup = 0xffffffff;
  SSL_CTX* tls = nullptr;
  std::minstd_rand random{std::random_device{}()};
  std::string key;           // Sec-WebSocket-Key, the same for all, so that the answer is cheap to verify
  std::string accept;        // the server's answer to it
  std::vector<char> buffer;  // for reads
  std::unique_ptr<Inflater> inflater;  // nullptr: the clients have not asked for compression
  uint64_t frames = 0;       // of messages, that all clients have received
  uint64_t frame_bytes = 0;  // of these
};

// Kinds of clients.
enum class Speech : uint8_t {
  kText,        // WebSocket: texts
  kStructured,  // WebSocket: the structured dialect in JSON
  kProto,       // WebSocket: the structured dialect in protobuf
  kEvents,      // reads an event stream and sends nothing
  kPosts        // publishes by POST and reads the answers
};

struct Role {
  Speech speech = Speech::kText;
  bool publishes = false;
  bool stalled = false;  // has a small receive buffer and, once open, reads nothing
};

class Client {
 public:
  class Owner {
   public:
    virtual void opened(Client& client) = 0;
    // A whole text message. The text is valid only during the call.
    virtual void received(Client& client, std::string_view text, Nanoseconds when) = 0;
    // The answer to the last post.
    virtual void answered(Client& client, const Answer& answer, Nanoseconds when) = 0;
    // The connection was refused, closed or lost. Nothing uses it any more.
    virtual void ended(Client& client, const std::string& why) = 0;

   protected:
    ~Owner() = default;
  };

  // `number` identifies the client in epoll's events. It is never kGroup.
  Client(Network& network, Owner& owner, uint32_t number, Role role);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A structured client is open when it has subscribed to the channel. Other clients have no channel.
  void connect(const std::string& path, const std::string& channel);
  void handle(uint32_t epoll_events);

  // The next flush() sends it, or the handle() that is running.
  void queue_text(std::string_view text);
  void flush();

  uint32_t number() const { return number_; }
  const Role& role() const { return role_; }
  bool open() const { return state_ == State::kOpen; }
  Nanoseconds began() const { return began_; }

 private:
  enum class State : uint8_t { kNew, kConnecting, kTls, kHandshake, kSubscribing, kOpen, kEnded };

  void proceed();
  void read();
  ssize_t receive(char* bytes, size_t room);
  size_t consume(char* bytes, size_t size, Nanoseconds when);
  size_t consume_response(std::string_view response);
  size_t consume_next(char* bytes, size_t size, Nanoseconds when);
  size_t consume_event(std::string_view bytes, Nanoseconds when);
  size_t consume_answer(std::string_view bytes, Nanoseconds when);
  void consume_frame(const Frame& frame, Nanoseconds when);
  void consume_messages(std::string_view lines, Nanoseconds when);
  void consume_message(std::string_view message, Nanoseconds when);
  void queue_request(std::string_view body);
  void queue_frame(Opcode opcode, std::string_view payload);
  std::string opening() const;
  void become_open();
  int epoll() const { return role_.publishes ? network_.publishers_epoll : network_.epoll; }
  void watch(bool writeable);
  void end(const std::string& why);

  Network& network_;
  Owner& owner_;
  uint32_t number_;
  Role role_;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  State state_ = State::kNew;
  std::string path_;
  std::string channel_;       // for the structured dialect
  uint64_t commands_ = 2;     // structured commands sent so far
  uint64_t next_offset_ = 0;  // offset of the next event
  bool watches_writeable_ = false;
  Nanoseconds began_ = 0;
  std::string unparsed_;                    // the beginning of a frame
  std::string unsent_;                      // data that the socket does not take now
  std::unique_ptr<std::string> fragments_;  // the beginning of a message
};

}  // namespace bench
