#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "redis/address.h"
#include "redis/back_off.h"
#include "redis/link.h"
#include "redis/login.h"
#include "redis/outage_log.h"
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

  // Gets a line for the log when the state changes, see OutageLog.
  OutageLog::Report report;
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
  std::string name() const override;
  Time silence() const override { return silence_; }
  Time heard() const override { return silent_since_; }
  const std::string& problem() const override { return is_up() && deaf_ ? deaf_problem_ : problem_; }
  void command(const std::vector<std::string_view>& words, Answer answer) override;
  void run(const RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override;
  void subscribe(const std::vector<std::string_view>& channels) override;
  void unsubscribe(const std::vector<std::string_view>& channels) override;
  uint64_t failures() const override { return failures_; }
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
  void flush(Time now) override;

  // ServerConnection::Owner
  void opened(ServerConnection& connection, Time now) override;
  void replied(ServerConnection& connection, RedisReply& reply, Time now) override;
  void silent(ServerConnection& connection, Time now) override;
  void closed(ServerConnection& connection, const Fault& fault, Time now) override;

  // Sentinel::Owner
  void found(const RedisAddress& master, Time now) override;
  void not_found(const Fault& fault, Time now) override;

  void begin(Time now);
  void connect(const RedisAddress& address, Time now);
  void take_login(ServerConnection& connection, const RedisReply& reply, Time now);
  void accept_commands(Time now);
  void accept_subscriptions(Time now);
  void go_up(Time now);
  void prove(Time now);
  void look_for_overdue(Time now);
  void lose_subscriptions(const Fault& fault, Time now);
  void hear_again(Time now);
  void take_answer(RedisReply& reply, Time now);
  void take_push(const RedisReply& reply, Time now);
  void send_channels(const char* command, const std::vector<std::string_view>& channels);
  void refuse(Answer answer);
  void fail_server(const Fault& fault, Time now);
  void fail(const Fault& line, Time now);
  bool shut(Time now);
  void end_attempt(const Fault& line, bool was_up, Time now);
  void settle(Time now);

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
  std::string deaf_problem_;
  bool deaf_told_ = false;
  Time next_deaf_line_ = 0;
  BackOff listen_back_off_;
  Server about_;
  std::string version_;
  std::string problem_;
  std::string connected_line_;
  bool tell_down_ = false;
  uint64_t failures_ = 0;
  bool owes_ = false;  // it is down, or has not answered all: at the end of the last turn
  Time silent_since_ = 0;
  Time silence_ = 0;

  BackOff back_off_;
  Time attempt_ = 0;  // of kWaiting: when the next one begins

  // Of kUp. A server that lets this one in may still do nothing: it has to answer a command, and to go on for a while.
  bool proven_ = false;
  uint64_t answered_then_ = 0;  // when it came up
  Time steady_ = kNever;        // when it has been up for long enough to count
  bool shaky_ = false;          // it is not, or the last time was too short
  uint64_t overdue_ = 0;        // commands that are overdue at...
  Time overdue_at_ = kNever;
  OutageLog log_;
};

}  // namespace lws_chat
