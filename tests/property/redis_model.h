// Redis servers as models, and links to them over a network that delays and loses. Nothing happens by itself: the test
// moves commands, answers and messages, one by one, in the order of their connection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "property/redis_data.h"
#include "redis/link.h"

namespace lws_chat::redis_model {

// Chooses a number below n. Every choice of a model comes from here.
using Pick = std::function<unsigned(unsigned n)>;

// The two connections of a link, with what is under way.
struct Wires {
  struct Sent {
    std::string sha1;  // of a script; empty: it is a command
    Words words;       // or keys
    Words arguments;
    RedisLink::Answer answer;
  };
  struct Asked {
    bool subscribes;
    std::string channel;
  };
  struct Pushed {
    bool confirms;
    std::string channel;
    std::string payload;
  };
  std::deque<Sent> commands{};
  std::deque<std::pair<RedisLink::Answer, RedisReply>> answers{};
  std::deque<Asked> asked{};
  std::deque<Pushed> pushed{};
  std::set<std::string> channels{};

  bool quiet() const { return commands.empty() && answers.empty() && asked.empty() && pushed.empty(); }
};
using WiresPtr = std::shared_ptr<Wires>;

// A server from its start to its end.
class Server {
 public:
  explicit Server(RedisLink::Server of) : about(std::move(of)) {
    store.publish = [this](const std::string& channel, const std::string& payload) { spread(channel, payload); };
  }

  WiresPtr connect() {
    wires_.push_back(std::make_shared<Wires>());
    return wires_.back();
  }

  // The client is gone. What it has sent may be done all the same, later.
  void disconnect(const WiresPtr& wires, bool forgets) {
    wires_.erase(std::remove(wires_.begin(), wires_.end(), wires), wires_.end());
    for (Wires::Sent& sent : wires->commands) sent.answer = nullptr;
    if (!forgets && !dead_ && !wires->commands.empty()) orphans_.push_back(wires);
  }

  void serve_command(Wires& wires, Time now) {
    Wires::Sent sent = std::move(wires.commands.front());
    wires.commands.pop_front();
    RedisReply reply =
        sent.sha1.empty() ? store.command(sent.words, now) : store.run(sent.sha1, sent.words, sent.arguments, now);
    wires.answers.emplace_back(std::move(sent.answer), std::move(reply));
  }

  void serve_asked(Wires& wires) {
    Wires::Asked asked = std::move(wires.asked.front());
    wires.asked.pop_front();
    if (!asked.subscribes) return void(wires.channels.erase(asked.channel));
    wires.channels.insert(asked.channel);
    wires.pushed.push_back({true, asked.channel, {}});
  }

  void serve_orphan(Time now) {
    if (orphans_.empty()) return;
    late_members = late_members || orphans_.front()->commands.front().sha1 == redis_scripts().presence_add.sha1;
    const Wires::Sent& first = orphans_.front()->commands.front();
    late_changes = late_changes || first.sha1 == redis_scripts().announce.sha1;
    late_sessions = late_sessions || first.sha1 == session_scripts().stay.sha1 ||
                    (first.words[0] == "SET" && first.words.size() == 6);
    serve_command(*orphans_.front(), now);
    if (orphans_.front()->commands.empty()) orphans_.pop_front();
  }

  bool has_orphans() const { return !orphans_.empty(); }

  // The process ends. Its clients see that later.
  void die() {
    orphans_.clear();
    dead_ = true;
  }

  RedisLink::Server about;
  DataServer store;
  std::function<void(const std::string& channel, const std::string& payload)> published;
  std::function<bool()> repeats;  // a message comes twice
  bool late_members = false;      // it has read in a lost connection that somebody is there
  bool late_sessions = false;     // or that a session is
  bool late_changes = false;      // it has announced late that somebody came or left

 private:
  void spread(const std::string& channel, const std::string& payload) {
    if (published) published(channel, payload);
    for (const WiresPtr& wires : wires_) {
      if (wires->channels.count(channel) == 0) continue;
      wires->pushed.push_back({false, channel, payload});
      bool numbered = payload.compare(0, 3, "__p") == 0;
      if (numbered && repeats && repeats()) wires->pushed.push_back({false, channel, payload});
    }
  }

  std::vector<WiresPtr> wires_;
  std::deque<WiresPtr> orphans_;
  bool dead_ = false;
};
using ServerPtr = std::shared_ptr<Server>;

class ModelLink final : public RedisLink {
 public:
  void attach(Listener& listener) override { listener_ = &listener; }
  bool is_up() const override { return wires_ != nullptr; }
  bool hears() const override { return is_up() && !deaf_; }
  const RedisLink::Server& server() const override { return about_; }
  const std::string& problem() const override { return problem_; }
  void command(const std::vector<std::string_view>& words, Answer answer) override {
    send({{}, Words(words.begin(), words.end()), {}, std::move(answer)});
  }
  void run(const RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override {
    send({script.sha1, Words(keys.begin(), keys.end()), Words(arguments.begin(), arguments.end()), std::move(answer)});
  }
  void subscribe(const std::vector<std::string_view>& channels) override { ask(true, channels); }
  void unsubscribe(const std::vector<std::string_view>& channels) override { ask(false, channels); }
  size_t unanswered() const override { return wires_ ? wires_->commands.size() + wires_->answers.size() : 0; }

  const ServerPtr& to() const { return to_; }
  bool quiet() const { return refused_.empty() && (!wires_ || wires_->quiet()); }

  void open(ServerPtr to, Time now) {
    to_ = std::move(to);
    deaf_ = false;
    wires_ = to_->connect();
    about_ = to_->about;
    silent_since_ = now;
    listener_->up(now);
  }

  // `forgets`: the server does nothing any more of what is under way.
  void lose(bool forgets, Time now) {
    if (!wires_) return;
    WiresPtr lost = std::exchange(wires_, nullptr);
    std::deque<Answer> answers = std::exchange(refused_, {});
    for (auto& [answer, reply] : lost->answers) answers.push_back(std::move(answer));
    for (Wires::Sent& sent : lost->commands) answers.push_back(std::move(sent.answer));
    lost->answers.clear();
    to_->disconnect(lost, forgets);
    answer_lost(answers, now);
    listener_->down("lost", now);
  }

  // The connection for messages is lost. hear() opens another one.
  void lose_messages(Time now) {
    if (!wires_ || deaf_) return;
    deaf_ = true;
    wires_->asked.clear();
    wires_->pushed.clear();
    wires_->channels.clear();
    listener_->deaf(now);
  }
  void hear(Time now) {
    if (!std::exchange(deaf_, false)) return;
    if (wires_) listener_->hears(now);
  }
  bool deaf() const { return deaf_; }

  Time silence() const override { return silence_; }
  Time heard() const override { return silent_since_; }
  void measure_silence(Time now) {
    bool owed = std::exchange(owes_, !wires_ || unanswered() > 0);
    if (!owed) silent_since_ = now;
    silence_ = owes_ ? now - silent_since_ : 0;
  }

  // Moves what is chosen by a step; false: there is nothing there.
  bool move(unsigned choice, Time server_time, Time now) {
    answer_refused(now);
    if (!wires_) return false;
    switch (choice % 4) {
      case 0:
        if (wires_->commands.empty()) return false;
        to_->serve_command(*wires_, server_time);
        return true;
      case 1: return take_answer(now);
      case 2:
        if (wires_->asked.empty()) return false;
        to_->serve_asked(*wires_);
        return true;
      default: return take_push(now);
    }
  }

 private:
  void send(Wires::Sent sent) {
    if (wires_)
      wires_->commands.push_back(std::move(sent));
    else
      refused_.push_back(std::move(sent.answer));
  }
  void ask(bool subscribes, const std::vector<std::string_view>& channels) {
    if (!hears()) return;
    for (std::string_view channel : channels) wires_->asked.push_back({subscribes, std::string(channel)});
  }
  static void answer_lost(std::deque<Answer>& answers, Time now) {
    RedisReply lost;
    lost.kind = RedisReply::Kind::kLost;
    for (Answer& answer : answers)
      if (answer) answer(lost, now);
  }
  void answer_refused(Time now) {
    std::deque<Answer> refused = std::exchange(refused_, {});
    answer_lost(refused, now);
  }
  bool take_answer(Time now) {
    if (wires_->answers.empty()) return false;
    auto [answer, reply] = std::move(wires_->answers.front());
    wires_->answers.pop_front();
    silent_since_ = now;
    if (answer) answer(reply, now);
    if (reply.is_error() && reply.text.compare(0, 8, "READONLY") == 0) lose(false, now);
    return true;
  }
  bool take_push(Time now) {
    if (wires_->pushed.empty()) return false;
    Wires::Pushed pushed = std::move(wires_->pushed.front());
    wires_->pushed.pop_front();
    if (pushed.confirms)
      listener_->subscribed(pushed.channel, now);
    else
      listener_->message(pushed.channel, pushed.payload, now);
    return true;
  }

  Listener* listener_ = nullptr;
  ServerPtr to_;
  WiresPtr wires_;
  bool deaf_ = false;
  bool owes_ = false;
  Time silent_since_ = 0;
  Time silence_ = 0;
  RedisLink::Server about_;
  std::string problem_;
  std::deque<Answer> refused_;
};

}  // namespace lws_chat::redis_model
