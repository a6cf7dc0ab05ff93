#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/link.h"
#include "redis/scripts.h"
#include "redis/session_script.h"
#include "support/redis_replies.h"

namespace unit {

// A link to a server that the test plays: it sees what is asked, and answers when it likes.
class ScriptedLink final : public lws_chat::RedisLink {
 public:
  // A command, or a script by its name in RedisScripts.
  struct Call {
    std::string name;
    std::vector<std::string> words;      // of a command what follows its name; of a script its keys
    std::vector<std::string> arguments;  // of a script
    Answer answer;
  };

  void attach(Listener& listener) override { listener_ = &listener; }
  bool is_up() const override { return up_; }
  const Server& server() const override { return server_; }
  std::string name() const override { return "Redis at 10.0.0.5:6379"; }
  lws_chat::Time silence() const override { return silent_since == lws_chat::kNever ? 0 : now - silent_since; }
  lws_chat::Time heard() const override { return heard_at; }
  const std::string& problem() const override { return problem_; }
  void command(const std::vector<std::string_view>& words, Answer answer) override {
    add({std::string(words[0]), {words.begin() + 1, words.end()}, {}, std::move(answer)});
  }
  void run(const lws_chat::RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override {
    add({name_of(script), {keys.begin(), keys.end()}, {arguments.begin(), arguments.end()}, std::move(answer)});
  }
  void subscribe(const std::vector<std::string_view>& channels) override {
    if (up_) subscribed.insert(subscribed.end(), channels.begin(), channels.end());
  }
  void unsubscribe(const std::vector<std::string_view>& channels) override {
    if (up_) unsubscribed.insert(unsubscribed.end(), channels.begin(), channels.end());
  }
  size_t unanswered() const override { return calls.size(); }

  void go_up(const std::string& run_id = "run") {
    server_.run_id = run_id;
    server_.address = "host:1";
    problem_.clear();
    up_ = true;
    listener_->up(now);
  }
  void go_down() {
    problem_ = "away";
    up_ = false;
    subscribed.clear();
    for (std::deque<Call> all = std::exchange(calls, {}); !all.empty(); all.pop_front()) give(all.front(), lost());
    listener_->down("away", now);
  }

  // Answers the oldest call, or the oldest one of this name.
  void answer(const lws_chat::RedisReply& reply) { give(take(calls.begin()), reply); }
  void answer(const std::string& name, const lws_chat::RedisReply& reply) { give(take(find(name)), reply); }

  bool has(const std::string& name) { return count(name) > 0; }
  size_t count(const std::string& name) const {
    size_t count = 0;
    for (const Call& call : calls) count += call.name == name;
    return count;
  }
  // The oldest call of this name.
  const Call& call(const std::string& name) { return *find(name); }

  // Confirms the oldest subscription, or the one of this channel.
  void confirm() { confirm(std::string(subscribed.at(0))); }
  void confirm(const std::string& channel) {
    auto asked = std::find(subscribed.begin(), subscribed.end(), channel);
    if (asked == subscribed.end()) throw std::runtime_error("nobody subscribes to " + channel);
    subscribed.erase(asked);
    listener_->subscribed(channel, now);
  }
  void push(const std::string& channel, std::string_view payload) { listener_->message(channel, payload, now); }

  std::deque<Call> calls;               // without answers
  std::vector<std::string> subscribed;  // and not confirmed
  std::vector<std::string> unsubscribed;
  lws_chat::Time now = 0;
  lws_chat::Time silent_since = lws_chat::kNever;
  lws_chat::Time heard_at = 0;  // the answers of a server that is slow but goes on

 private:
  void add(Call call) {
    if (up_ || call.answer) calls.push_back(std::move(call));
  }
  static std::string name_of(const lws_chat::RedisScript& script) {
    const lws_chat::RedisScripts& all = lws_chat::redis_scripts();
    const lws_chat::SessionScripts& sessions = lws_chat::session_scripts();
    const std::map<const lws_chat::RedisScript*, std::string> names = {{&all.publish, "publish"},
                                                                       {&all.publish_once, "publish_once"},
                                                                       {&all.position, "position"},
                                                                       {&all.begin, "begin"},
                                                                       {&all.renew, "renew"},
                                                                       {&all.check, "check"},
                                                                       {&all.forget, "forget"},
                                                                       {&all.announce, "announce"},
                                                                       {&all.presence_add, "presence_add"},
                                                                       {&all.presence_remove, "presence_remove"},
                                                                       {&all.presence_expire, "presence_expire"},
                                                                       {&all.presence_read, "presence_read"},
                                                                       {&all.presence_stats, "presence_stats"},
                                                                       {&sessions.stay, "session_stay"},
                                                                       {&sessions.go, "session_go"}};
    auto found = names.find(&script);
    return found == names.end() ? "revoke" : found->second;
  }
  std::deque<Call>::iterator find(const std::string& name) {
    for (auto call = calls.begin(); call != calls.end(); ++call)
      if (call->name == name) return call;
    std::string all;
    for (const Call& call : calls) all += " " + call.name;
    throw std::runtime_error("there is no " + name + ", but" + all);
  }
  Call take(std::deque<Call>::iterator at) {
    if (at == calls.end()) throw std::runtime_error("nothing is asked");
    Call call = std::move(*at);
    calls.erase(at);
    return call;
  }
  void give(const Call& call, const lws_chat::RedisReply& reply) const {
    if (call.answer) call.answer(reply, now);
  }

  Listener* listener_ = nullptr;
  Server server_;
  std::string problem_;
  bool up_ = false;
};

}  // namespace unit
