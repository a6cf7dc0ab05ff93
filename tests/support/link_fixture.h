#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "redis/server_link.h"
#include "support/unit.h"

namespace unit {

using lws_chat::RedisReply;
using lws_chat::Time;

// Tests that are not about waiting wait for long: a busy machine may hold a server up.
constexpr lws_chat::RedisPatience kPatient{30'000'000, 30'000'000, 30'000'000, 30'000'000, 60'000'000};
constexpr lws_chat::RedisPatience kUsualPatience{};

// A link to a Redis server in a small event loop, and what it tells.
class LinkFixture final : private lws_chat::RedisLink::Listener {
 public:
  explicit LinkFixture(const std::string& url, const std::string& given_password = "", const std::string& ca_file = "",
                       const lws_chat::RedisPatience& patience = kPatient) {
    std::vector<lws_chat::RedisServer> servers;
    CHECK_EQ(lws_chat::read_redis_urls(url, servers), "");
    password = given_password;
    lws_chat::RedisLinkSettings settings;
    settings.server = servers.at(0);
    settings.ca_file = ca_file;
    settings.patience = patience;
    settings.password = [this](std::string& out) {
      out = password;
      return password_problem;
    };
    settings.report = [this](bool good, const std::string& line) { reports.emplace_back(good, line); };
    link = std::make_unique<lws_chat::ServerLink>(poller, std::move(settings));
    link->attach(*this);
  }

  static Time now() {
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  }

  // One turn of the loop: waits as an event loop does, then runs the poller.
  void turn() {
    Time due = poller.due();
    pollfd watched{poller.descriptor(), POLLIN, 0};
    int wait = due == lws_chat::kNever ? 1000 : static_cast<int>(std::clamp<Time>((due - now() + 999) / 1000, 0, 1000));
    poll(&watched, 1, wait);
    within_run = true;
    poller.run(now());
    within_run = false;
  }

  // Turns until `done`. A test that waits for a minute has failed.
  template <typename Done>
  void until(Done done) {
    Time end = now() + 60'000'000;
    while (!done()) {
      if (now() > end) throw std::runtime_error("nothing happened in a minute; " + link->problem());
      turn();
    }
  }

  void until_up() {
    until([&] { return link->is_up(); });
  }
  void until_down() {
    until([&] { return !link->is_up(); });
  }

  // Turns until the link says why it is down.
  std::string problem() {
    until([&] { return !link->problem().empty(); });
    return link->problem();
  }

  RedisReply ask(const std::vector<std::string_view>& words) {
    std::optional<RedisReply> got;
    link->command(words, [&](const RedisReply& reply, Time) { got = reply; });
    until([&] { return got.has_value(); });
    return *got;
  }

  RedisReply run(const lws_chat::RedisScript& script, const std::vector<std::string_view>& keys = {},
                 const std::vector<std::string_view>& arguments = {}) {
    std::optional<RedisReply> got;
    link->run(script, keys, arguments, [&](const RedisReply& reply, Time) { got = reply; });
    until([&] { return got.has_value(); });
    return *got;
  }

  // Called by up(), down(), subscribed() and message().
  void up(Time) override {
    CHECK(within_run);
    CHECK(link->is_up());
    ++ups;
    events += "up ";
    if (on_up) on_up();
  }
  void down(std::string_view why, Time) override {
    CHECK(within_run);
    CHECK(!link->is_up());
    ++downs;
    down_reason = why;
    events += "down ";
  }
  void deaf(Time) override {
    CHECK(within_run);
    CHECK(link->is_up() && !link->hears());
    ++losses;
  }
  void hears(Time) override {
    CHECK(within_run);
    CHECK(link->hears());
    ++returns;
  }
  void subscribed(std::string_view channel, Time) override {
    CHECK(within_run);
    ++confirmations[std::string(channel)];
    ++confirmed;
  }
  void message(std::string_view channel, std::string_view payload, Time) override {
    CHECK(within_run);
    if (on_message) on_message();
    messages.emplace_back(channel, payload);
  }

  lws_chat::Poller poller;
  std::string password;
  std::string password_problem;
  std::vector<std::pair<bool, std::string>> reports;
  std::unique_ptr<lws_chat::ServerLink> link;
  bool within_run = false;

  int ups = 0;
  int downs = 0;
  int losses = 0;   // of the subscriptions only
  int returns = 0;  // of the connection for them
  std::string events;
  std::string down_reason;
  size_t confirmed = 0;
  std::map<std::string, int> confirmations;
  std::vector<std::pair<std::string, std::string>> messages;
  std::function<void()> on_up;
  std::function<void()> on_message;
};

}  // namespace unit
