#pragma once

#include <memory>
#include <string>
#include <vector>

#include "redis/lookup.h"
#include "redis/poller.h"
#include "redis/reply.h"
#include "redis/reply_reader.h"
#include "redis/stream_socket.h"

namespace lws_chat {

// How long to wait for a server.
struct RedisPatience {
  Time connect = 2'000'000;  // for its name, for an address, and for TLS
  Time answer = 3'000'000;   // after a second of silence
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

    // The connection could not be opened, or ended. `why` goes on after the server's name, and says what to do.
    virtual void closed(ServerConnection& connection, const std::string& why, Time now) = 0;

   protected:
    ~Owner() = default;
  };

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

  bool is_open() const { return phase_ == Phase::kOpen; }

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
  void fail_later(std::string why);
  void go_on_connecting(Time now);
  void go_on_securing(Time now);
  void finish_opening(Time now);
  void receive(Time now);
  bool serve_replies(const Poller::Slice& slice, Time now);
  void hear(Time now);
  void probe(Time now);
  void give_up_phase(Time now);
  void want_write(bool wanted);
  void call_owner(void (Owner::*what)(ServerConnection&, Time), Time now);
  void fail(const std::string& why, Time now);
  std::string cannot_connect() const;
  std::string after_the_end() const;

  Poller& poller_;
  Owner& owner_;
  const RedisPatience patience_;
  Lookup lookup_;

  Phase phase_ = Phase::kClosed;
  unsigned life_ = 0;       // changes whenever the connection is closed
  Time deadline_ = kNever;  // of the phase
  std::string failure_;     // of kFailed, what to tell the owner in tick(); empty: there is no memory

  RedisAddress address_;
  const TlsTrust* trust_ = nullptr;
  std::vector<SocketAddress> candidates_;  // to try, the next one last
  SocketAddress place_;                    // where it is connected, or tries to connect

  StreamSocket socket_;
  bool wants_write_ = false;
  std::unique_ptr<ReplyReader> reader_;
  std::string output_;
  size_t sent_ = 0;  // of output_
  Time heard_ = 0;   // when the server last gave a sign of life, or the connection was opened
  bool has_answered_ = false;
  Time probed_ = kNever;  // when the owner was told of the silence
};

}  // namespace lws_chat
