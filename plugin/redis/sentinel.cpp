#include "redis/sentinel.h"

#include <charconv>
#include <new>

#include "core/log_text.h"
#include "redis/command_text.h"
#include "redis/refusal.h"

namespace lws_chat {
namespace {

using Kind = Fault::Kind;

constexpr char kSwitched[] = "+switch-master";

bool read_port(std::string_view text, uint16_t& port) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    words.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return words;
}

}  // namespace

Sentinel::Sentinel(Poller& poller, Owner& owner, const RedisServer& server, const RedisPatience& patience)
    : owner_(owner), server_(server), connection_(poller, *this, patience) {}

void Sentinel::ask(const Login::Account& account, const TlsTrust* trust, Time now) {
  account_ = account;
  trust_ = trust;
  // The last one may be behind, if it led nowhere.
  if (connection_.is_open()) current_ = (current_ + 1) % server_.sentinels.size();
  asked_ = true;
  tried_ = 0;
  connect(now);
}

void Sentinel::tick(Time now) {
  if (now >= again_) connect(now);
}

void Sentinel::connect(Time now) {
  again_ = kNever;
  connection_.close();
  connection_.open(server_.sentinels[current_], trust_, now);
}

// Both commands leave together, so that nothing changes between the answer and the first news.
void Sentinel::opened(ServerConnection&, Time) {
  step_ = Step::kMaster;
  std::string& out = connection_.output();
  if (!account_.password.empty()) {
    step_ = Step::kAuth;
    append_command(out, account_.user.empty()
                            ? std::vector<std::string_view>{"AUTH", account_.password}
                            : std::vector<std::string_view>{"AUTH", account_.user, account_.password});
  }
  append_command(out, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", server_.master});
  append_command(out, {"SUBSCRIBE", kSwitched});
  connection_.flush_soon();
}

void Sentinel::replied(ServerConnection&, RedisReply& reply, Time now) try {
  switch (step_) {
    case Step::kAuth:
      step_ = Step::kMaster;
      return;  // a Sentinel without a password refuses AUTH, and does not need it
    case Step::kMaster: take_master(reply, now); return;
    case Step::kListening: hear(reply, now); return;
  }
} catch (const std::bad_alloc&) {
  give_up({Kind::kAway, kLeftWithoutMemory}, now);
}

void Sentinel::take_master(const RedisReply& reply, Time now) {
  if (reply.is_error()) {
    bool is_none = reply.text.find("unknown command") != std::string::npos;
    give_up({Kind::kRefuses, is_none ? "is not a Sentinel: name a server with redis://HOST:PORT"
                                     : explain_refusal("SENTINEL", reply.text)},
            now);
    return;
  }
  RedisAddress master;
  if (reply.items.size() != 2 || reply.items[0].text.empty() || !read_port(reply.items[1].text, master.port)) {
    give_up(
        {Kind::kRefuses, "knows no master " + in_log(server_.master) + ": correct its name, or wait for the Sentinels"},
        now);
    return;
  }
  master.host = reply.items[0].text;
  step_ = Step::kListening;
  connection_.logged_in(ServerConnection::kMostOfSmall);
  back_off_.reset();
  owner_.found(master, now);
  asked_ = false;
}

// "message", the channel, and "NAME OLD-HOST OLD-PORT NEW-HOST NEW-PORT".
void Sentinel::hear(const RedisReply& reply, Time now) {
  if (reply.is_error()) {
    give_up({Kind::kRefuses, explain_refusal("SUBSCRIBE", reply.text)}, now);
    return;
  }
  if (reply.items.size() != 3 || reply.items[0].text != "message") return;
  std::vector<std::string_view> words = split(reply.items[2].text);
  RedisAddress master;
  if (words.size() != 5 || words[0] != server_.master || !read_port(words[4], master.port)) return;
  master.host = std::string(words[3]);
  owner_.found(master, now);
}

void Sentinel::silent(ServerConnection&, Time) {
  if (step_ != Step::kListening) return;
  append_command(connection_.output(), {"PING"});
  connection_.flush_soon();
}

void Sentinel::closed(ServerConnection&, const Fault& fault, Time now) { give_up(fault, now); }

// Goes on with the next Sentinel: at once for ask(), otherwise in a while.
void Sentinel::give_up(const Fault& fault, Time now) {
  again_ = now;  // if there is no memory for what follows
  std::string line = "The Sentinel at " + name_of(server_.sentinels[current_]) + " " + fault.text;
  connection_.close();
  current_ = (current_ + 1) % server_.sentinels.size();
  if (asked_ && ++tried_ < server_.sentinels.size()) {
    connect(now);
    return;
  }
  if (!asked_) {
    again_ = now + back_off_.next();
    return;
  }
  again_ = kNever;
  asked_ = false;
  owner_.not_found({fault.kind, line}, now);
}

}  // namespace lws_chat
