#pragma once

#include <string>
#include <vector>

#include "redis/address.h"
#include "redis/back_off.h"
#include "redis/login.h"
#include "redis/server_connection.h"

namespace lws_chat {

// Asks Sentinels which server is the master, and hears from them when it is another one.
class Sentinel final : private ServerConnection::Owner {
 public:
  // Is called within Poller::run() only.
  class Owner {
   public:
    // The answer to ask(); later the same or another server, as often as somebody says so.
    virtual void found(const RedisAddress& master, Time now) = 0;

    // No Sentinel could answer ask(). The text is a sentence about the last one.
    virtual void not_found(const Fault& fault, Time now) = 0;

   protected:
    ~Owner() = default;
  };

  // `server` has Sentinels. All outlive this.
  Sentinel(Poller& poller, Owner& owner, const RedisServer& server, const RedisPatience& patience);

  // Begins to ask. The password and the trust are for Sentinels that want them. `trust` outlives this, and may be
  // nullptr.
  void ask(const Login::Account& account, const TlsTrust* trust, Time now);

  // Takes up the connection to a Sentinel again, when due() has come.
  void tick(Time now);
  Time due() const { return again_; }

 private:
  enum class Step : uint8_t { kAuth, kMaster, kListening };

  void opened(ServerConnection& connection, Time now) override;
  void replied(ServerConnection& connection, RedisReply& reply, Time now) override;
  void silent(ServerConnection& connection, Time now) override;
  void closed(ServerConnection& connection, const Fault& fault, Time now) override;

  void connect(Time now);
  void send_question();
  void take_master(const RedisReply& reply, Time now);
  void hear(const RedisReply& reply, Time now);
  void give_up(const Fault& fault, Time now);

  Owner& owner_;
  const RedisServer& server_;
  ServerConnection connection_;
  Login::Account account_;
  const TlsTrust* trust_ = nullptr;
  size_t current_ = 0;  // of the Sentinels
  size_t tried_ = 0;    // Sentinels since ask()
  bool asked_ = false;  // ask() has no answer yet
  Step step_ = Step::kAuth;
  BackOff back_off_;
  Time again_ = kNever;
};

}  // namespace lws_chat
