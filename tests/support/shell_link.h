#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/link.h"
#include "support/redis_process.h"

namespace unit {

// A link to a Redis server that waits for each answer, and gives it within the call.
class ShellLink : public lws_chat::RedisLink {
 public:
  explicit ShellLink(const std::string& socket_path) : shell_(socket_path) {}
  explicit ShellLink(const RedisProcess& redis) : ShellLink(redis.socket_path()) {}

  // Does a command, in words.
  lws_chat::RedisReply operator()(const std::vector<std::string>& words) { return shell_.ask(words); }

  // Waits for what a subscription brings.
  lws_chat::RedisReply next() { return shell_.next(); }

  void attach(Listener&) override {}
  bool is_up() const override { return shell_.connected(); }
  const Server& server() const override { return server_; }
  const std::string& problem() const override { return problem_; }
  void command(const std::vector<std::string_view>& words, Answer answer) override {
    answer(shell_.ask(std::vector<std::string>(words.begin(), words.end())), 0);
  }
  void run(const lws_chat::RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override {
    std::vector<std::string> words = {"EVAL", script.source, std::to_string(keys.size())};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    answer(shell_.ask(words), 0);
  }
  void subscribe(const std::vector<std::string_view>& channels) override {
    for (std::string_view channel : channels) shell_.ask({"SUBSCRIBE", std::string(channel)});
  }
  void unsubscribe(const std::vector<std::string_view>& channels) override {
    for (std::string_view channel : channels) shell_.ask({"UNSUBSCRIBE", std::string(channel)});
  }
  size_t unanswered() const override { return 0; }

 private:
  RedisShell shell_;
  Server server_;
  std::string problem_;
};

}  // namespace unit
