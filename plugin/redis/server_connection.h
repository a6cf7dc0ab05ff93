#pragma once

#include <memory>
#include <string>
#include <vector>

#include "redis/fault.h"
#include "redis/lookup.h"
#include "redis/poller.h"
#include "redis/progress.h"
#include "redis/reply.h"
#include "redis/reply_reader.h"
#include "redis/stream_socket.h"

namespace lws_chat {

// How long to wait for a server.
struct RedisPatience {
  Time connect = 2'000'000;   // for its name, for an address, and for TLS
  Time answer = 3'000'000;    // after a second of silence
  Time login = 10'000'000;    // for all of the first commands
  Time begun = 5'000'000;     // for a reply that has begun, and more for a large one, see Progress
  Time command = 30'000'000;  // for each command, though the server answers others
};

// A connection to a Redis server or a Sentinel: bytes of commands out, replies in. It notices that the server does not
// answer. It can be opened again after it was closed.
class ServerConnection final : private Poller::Watched {
 public:
  // Is called within Poller::run() only. It may open and close the connection.
  class Owner {
   public:
    virtual void opened(ServerConnection& connection, Time now) = 0;
    virtual void replied(ServerConnection& connection, RedisReply& reply, Time now) = 0;

    // Nothing came for a second. Send PING, if the server does not owe an answer anyhow.
    virtual void silent(ServerConnection& connection, Time now) = 0;

    // The connection could not be opened, or ended.
    virtual void closed(ServerConnection& connection, const Fault& fault, Time now) = 0;

   protected:
    ~Owner() = default;
  };

  // Bytes of memory for a reply of the first commands, and of a Sentinel: they tell about a server.
  static constexpr size_t kMostOfSmall = size_t{64} * 1024;

  // Bytes of memory for other replies. The largest message that max-message allows has 64 MiB, and comes with more;
  // what may have many parts, is read in pieces, or bounded by its script.
  static constexpr size_t kMostOfReply = size_t{128} * 1024 * 1024;

  // Bytes that wait until the server takes them.
  static constexpr size_t kMostOutput = size_t{256} * 1024 * 1024;

  // Both outlive it. Do not destroy it within a call of the owner.
  ServerConnection(Poller& poller, Owner& owner, const RedisPatience& patience);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // Begins to open. With `trust`, which outlives the connection, over TLS. Precondition: it is closed.
  void open(const RedisAddress& address, const TlsTrust* trust, Time now);

  // Begins to open at the place where another one is open, although its name may lead to several.
  void open_beside(const ServerConnection& other, Time now);

  // Closes it without telling the owner.
  void close();

  // The first commands are answered: the login has no deadline any more, and a reply may need so many bytes.
  void logged_in(size_t most_of_reply);

  bool is_open() const { return phase_ == Phase::kOpen; }

  // When the server last gave a sign of life, or the connection was opened.
  Time heard() const { return heard_; }

  // Takes commands at its end. After that call flush_soon(). Precondition: the connection is open.
  std::string& output() { return output_; }
  void flush_soon() { poller_.ask_for_flush(); }

  // Writes as much of output() as the socket takes, at once. Returns how much. Tells nobody what becomes of it.
  size_t flush_now();

 private:
  enum class Phase : uint8_t { kClosed, kFindingHost, kConnecting, kSecuring, kOpen, kFailed };

  void ready(Time now) override;
  void tick(Time now) override;
  Time due() const override;
  void flush(Time now) override;

  void begin(Phase phase, Time now);
  void take_addresses(Time now);
  void connect_next(Time now);
  void find(Time now);
  void fail_later(Fault fault);
  void go_on_connecting(Time now);
  void go_on_securing(Time now);
  void finish_opening(Time now);
  void receive(Time now);
  bool serve_replies(const Poller::Slice& slice, Time now);
  void hear(Time now);
  void probe(Time now);
  bool gives_up(Time now);
  void give_up_phase(Time now);
  void want_write(bool wanted);
  void call_owner(void (Owner::*what)(ServerConnection&, Time), Time now);
  void fail(const Fault& fault, Time now);
  std::string cannot_connect() const;
  std::string after_the_end() const;
  std::string untrusted() const;

  Poller& poller_;
  Owner& owner_;
  const RedisPatience patience_;
  Lookup lookup_;

  Phase phase_ = Phase::kClosed;
  unsigned life_ = 0;       // changes whenever the connection is closed
  Time deadline_ = kNever;  // of the phase; of kOpen: of the login
  Fault failure_{};         // of kFailed, what to tell the owner in tick(); empty: there is no memory

  RedisAddress address_;
  bool has_worked_ = false;  // this address, so that it is not told whether it has TLS
  const TlsTrust* trust_ = nullptr;
  std::vector<SocketAddress> candidates_;  // to try, the next one last
  SocketAddress place_;                    // where it is connected, or tries to connect

  StreamSocket socket_;
  bool wants_write_ = false;
  std::unique_ptr<ReplyReader> reader_;
  std::string output_;
  size_t sent_ = 0;  // of output_
  Time heard_ = 0;
  bool has_answered_ = false;
  bool has_unread_ = false;  // the socket may have more
  Progress reply_;           // of a reply that has begun
  Progress writing_;         // of output() that the socket does not take at once
  Time probed_ = kNever;     // when the owner was told of the silence
};

}  // namespace lws_chat
