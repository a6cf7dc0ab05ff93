#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "redis/address.h"
#include "redis/back_off.h"
#include "redis/link.h"
#include "redis/login.h"
#include "redis/pipeline.h"
#include "redis/poller.h"
#include "redis/sentinel.h"
#include "redis/server_connection.h"
#include "redis/tls.h"

namespace lws_chat {

struct RedisLinkSettings {
  RedisServer server;
  std::string ca_file;  // for TLS; empty: the system's authorities
  RedisPatience patience;

  // Channels that are subscribed with each connection. A server that refuses that is not used.
  std::vector<std::string> channels;

  // Reads the password, at each attempt, so that it may change. Returns what is wrong. Empty: there is no password.
  std::function<std::string(std::string& password)> password;

  // Gets a line for the log when the state changes: `good` or not. Attempts that fail for the same reason have one
  // line.
  std::function<void(bool good, const std::string& line)> report;
};

// A Redis server: a connection for commands, and one for subscriptions. It connects by itself, again and again.
class ServerLink final : public RedisLink,
                         private ServerConnection::Owner,
                         private Sentinel::Owner,
                         private Poller::Watched {
 public:
  // It tries for the first time in the next run() of the poller, which outlives it. Do not destroy it within a call of
  // its listener or of an answer.
  ServerLink(Poller& poller, RedisLinkSettings settings);
  ~ServerLink() override;
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  void attach(Listener& listener) override { listener_ = &listener; }
  bool is_up() const override { return state_ == State::kUp; }
  bool hears() const override { return is_up() && !deaf_; }
  const Server& server() const override { return about_; }
  const std::string& problem() const override { return problem_; }
  void command(const std::vector<std::string_view>& words, Answer answer) override;
  void run(const RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override;
  void subscribe(const std::vector<std::string_view>& channels) override;
  void unsubscribe(const std::vector<std::string_view>& channels) override;
  size_t unanswered() const override { return pipeline_.unanswered(); }

 private:
  enum class State : uint8_t {
    kWaiting,   // for the next attempt
    kAsking,    // Sentinels
    kCommands,  // connects for commands
    kSubscriptions,
    kUp
  };

  // Poller::Watched
  void ready(Time) override {}
  void tick(Time now) override;
  Time due() const override;
  void flush(Time) override {}

  // ServerConnection::Owner
  void opened(ServerConnection& connection, Time now) override;
  void replied(ServerConnection& connection, RedisReply& reply, Time now) override;
  void silent(ServerConnection& connection, Time now) override;
  void closed(ServerConnection& connection, const std::string& why, Time now) override;

  // Sentinel::Owner
  void found(const RedisAddress& master, Time now) override;
  void not_found(const std::string& why, Time now) override;

  void begin(Time now);
  void connect(const RedisAddress& address, Time now);
  void take_login(ServerConnection& connection, const RedisReply& reply, Time now);
  void accept_commands(Time now);
  void accept_subscriptions(Time now);
  void go_up(Time now);
  void lose_subscriptions(const std::string& why, Time now);
  void take_answer(RedisReply& reply, Time now);
  void take_push(const RedisReply& reply, Time now);
  void send_channels(const char* command, const std::vector<std::string_view>& channels);
  void refuse(Answer answer);
  void fail_server(const std::string& why, Time now);
  void fail(const std::string& line, Time now);
  void shut(Time now);
  void end_attempt(std::string line, Time now);
  void settle(Time now);
  void report_once(bool good, const std::string& line);
  std::string server_name() const;

  Poller& poller_;
  const RedisLinkSettings settings_;
  Listener* listener_ = nullptr;
  ServerConnection commands_;
  ServerConnection subscriptions_;
  std::unique_ptr<Sentinel> sentinel_;
  Pipeline pipeline_;
  Login login_;
  Login::Account account_;
  TlsTrust trust_;
  RedisAddress address_;  // of the server, as the settings or the Sentinels name it

  State state_ = State::kWaiting;
  bool deaf_ = false;        // of kUp: the connection for messages was lost
  Time listen_at_ = kNever;  // when it is opened again
  Time deaf_since_ = 0;
  BackOff listen_back_off_;
  Server about_;
  std::string version_;
  std::string problem_;
  std::string connected_line_;
  bool tell_down_ = false;
  bool shaky_ = false;  // the last time up was a short one

  BackOff back_off_;
  Time attempt_ = 0;      // of kWaiting: when the next one begins
  Time steady_ = kNever;  // of kUp: when it has been up for long enough to count
  std::vector<std::string> reported_;
  bool last_good_ = true;
};

}  // namespace lws_chat
