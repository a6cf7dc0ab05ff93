#include "redis/server_link.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "core/log_text.h"
#include "redis/command_text.h"
#include "redis/refusal.h"

namespace lws_chat {
namespace {

using Kind = Fault::Kind;

constexpr Time kSteady = 1'000'000;      // up for so long, a link has no past
constexpr Time kDeafLines = 60'000'000;  // between lines about a short loss of messages
constexpr size_t kMostChannels = 1000;   // of a command, so that the server serves others in between

}  // namespace

ServerLink::ServerLink(Poller& poller, RedisLinkSettings settings)
    : poller_(poller),
      settings_(std::move(settings)),
      commands_(poller, *this, settings_.patience),
      subscriptions_(poller, *this, settings_.patience),
      pipeline_(commands_.output()),
      log_(settings_.report) {
  if (!settings_.server.sentinels.empty())
    sentinel_ =
        std::make_unique<Sentinel>(poller, static_cast<Sentinel::Owner&>(*this), settings_.server, settings_.patience);
  poller_.add(*this);
  poller_.ask_for_run();
}

ServerLink::~ServerLink() {
  poller_.remove(*this);
  try {
    if (is_up()) commands_.flush_now();
  } catch (const std::system_error&) {
    // Then it stays unsent.
  }
}

void ServerLink::command(const std::vector<std::string_view>& words, Answer answer) {
  if (!is_up()) {
    refuse(std::move(answer));
    return;
  }
  pipeline_.command(words, std::move(answer));
  commands_.flush_soon();
}

void ServerLink::run(const RedisScript& script, const std::vector<std::string_view>& keys,
                     const std::vector<std::string_view>& arguments, Answer answer) {
  if (!is_up()) {
    refuse(std::move(answer));
    return;
  }
  pipeline_.run(script, keys, arguments, std::move(answer));
  commands_.flush_soon();
}

void ServerLink::refuse(Answer answer) {
  if (!answer) return;
  pipeline_.refuse(std::move(answer));
  poller_.ask_for_run();
}

void ServerLink::subscribe(const std::vector<std::string_view>& channels) { send_channels("SUBSCRIBE", channels); }

void ServerLink::unsubscribe(const std::vector<std::string_view>& channels) { send_channels("UNSUBSCRIBE", channels); }

void ServerLink::send_channels(const char* command, const std::vector<std::string_view>& channels) {
  if (!hears() || channels.empty()) return;
  std::vector<std::string_view> words;
  for (size_t sent = 0; sent < channels.size(); sent += words.size() - 1) {
    auto first = channels.begin() + static_cast<std::ptrdiff_t>(sent);
    words.assign(1, command);
    words.insert(words.end(), first,
                 first + static_cast<std::ptrdiff_t>(std::min(channels.size() - sent, kMostChannels)));
    append_command(subscriptions_.output(), words);
  }
  subscriptions_.flush_soon();
}

void ServerLink::tick(Time now) {
  settle(now);
  if (sentinel_) sentinel_->tick(now);
  if (state_ == State::kWaiting && now >= attempt_) begin(now);
  if (now >= listen_at_) {
    listen_at_ = kNever;
    subscriptions_.open_beside(commands_, now);
  }
  if (now >= steady_) {
    steady_ = kNever;
    shaky_ = false;
    problem_.clear();
    back_off_.reset();
    log_.calm(connected_line_);
  }
  if (now >= overdue_at_) look_for_overdue(now);
}

// Answers come in the order of the commands. A process that slept does not blame the server.
void ServerLink::look_for_overdue(Time now) {
  if (pipeline_.done() < overdue_ && now < overdue_at_ + kSteady) {
    std::string seconds = std::to_string(settings_.patience.command / 1'000'000);
    fail_server({Kind::kAway, "does not answer a command for " + seconds + " s: see what keeps it busy"}, now);
    return;
  }
  overdue_ = pipeline_.taken();
  overdue_at_ = now + settings_.patience.command;
}

Time ServerLink::due() const {
  if (pipeline_.has_lost() || tell_down_) return 0;
  Time due = std::min({steady_, overdue_at_, listen_at_, state_ == State::kWaiting ? attempt_ : kNever});
  if (owes_ && silence_ < kSilent) due = std::min(due, silent_since_ + kSilent);
  return sentinel_ ? std::min(due, sentinel_->due()) : due;
}

// Everything that has come was read in this turn.
void ServerLink::flush(Time now) {
  bool owed = std::exchange(owes_, !is_up() || pipeline_.expects_reply());
  if (!owed) silent_since_ = now;
  if (is_up()) silent_since_ = std::max(silent_since_, commands_.heard());
  silence_ = owes_ ? now - silent_since_ : 0;
}

void ServerLink::begin(Time now) {
  account_ = {settings_.server.user, "", settings_.server.database};
  std::string wrong = settings_.password ? settings_.password(account_.password) : "";
  if (wrong.empty() && settings_.server.tls) wrong = trust_.load(settings_.ca_file);
  if (!wrong.empty()) {
    fail({Kind::kRefuses, wrong}, now);
  } else if (sentinel_) {
    sentinel_->ask(account_, settings_.server.tls ? &trust_ : nullptr, now);
    state_ = State::kAsking;
  } else {
    connect(settings_.server.address, now);
  }
}

void ServerLink::connect(const RedisAddress& address, Time now) {
  address_ = address;
  state_ = State::kCommands;
  commands_.open(address_, settings_.server.tls ? &trust_ : nullptr, now);
}

void ServerLink::found(const RedisAddress& master, Time now) {
  if (state_ == State::kAsking) {
    connect(master, now);
  } else if (master != address_) {
    if (state_ != State::kWaiting)
      fail_server({Kind::kRefuses, "is not the master any more: the Sentinels name " + name_of(master)}, now);
    attempt_ = now;
  }
}

void ServerLink::not_found(const Fault& fault, Time now) { fail(fault, now); }

void ServerLink::opened(ServerConnection& connection, Time) {
  if (&connection == &commands_) {
    login_.begin_commands(account_, connection.output());
  } else {
    login_.begin_subscriptions(account_, settings_.channels, connection.output());
  }
  connection.flush_soon();
}

void ServerLink::replied(ServerConnection& connection, RedisReply& reply, Time now) {
  bool for_commands = &connection == &commands_;
  if (state_ == (for_commands ? State::kCommands : State::kSubscriptions) || (!for_commands && deaf_)) {
    take_login(connection, reply, now);
  } else if (for_commands) {
    take_answer(reply, now);
  } else {
    take_push(reply, now);
  }
}

void ServerLink::take_login(ServerConnection& connection, const RedisReply& reply, Time now) try {
  if (!login_.take(reply)) return;
  if (!login_.problem().empty()) {
    fail_server({Kind::kRefuses, login_.problem()}, now);
  } else if (&connection == &commands_) {
    accept_commands(now);
  } else {
    accept_subscriptions(now);
  }
} catch (const std::bad_alloc&) {
  fail_server({Kind::kAway, kLeftWithoutMemory}, now);
}

void ServerLink::accept_commands(Time now) {
  const ServerInfo& info = login_.info();
  std::string refusal = info.refusal();
  if (!refusal.empty()) {
    fail_server({Kind::kRefuses, refusal}, now);
    return;
  }
  commands_.logged_in(ServerConnection::kMostOfReply);
  about_ = {info.run_id, name_of(address_), info.keeps_log, info.promoted};
  version_ = info.version;
  state_ = State::kSubscriptions;
  subscriptions_.open_beside(commands_, now);
}

// Both connections must lead to the same server: something in between may share connections out, or it restarted.
void ServerLink::accept_subscriptions(Time now) {
  if (login_.info().run_id != about_.run_id) {
    fail_server({Kind::kRefuses, "is another server for each connection: name one, or wait until it has started"}, now);
    return;
  }
  subscriptions_.logged_in(ServerConnection::kMostOfReply);
  if (deaf_)
    hear_again(now);
  else
    go_up(now);
}

void ServerLink::go_up(Time now) {
  connected_line_ = name() + " is connected (version " + in_log(version_) + ")";
  state_ = State::kUp;
  proven_ = false;
  answered_then_ = pipeline_.answered();
  overdue_ = 0;
  overdue_at_ = now + settings_.patience.command;
  if (listener_) listener_->up(now);
  if (is_up() && !pipeline_.expects_reply()) prove(now);
}

// A server that ends each connection soon after its beginning still has its problem.
void ServerLink::prove(Time now) {
  proven_ = true;
  if (!shaky_) problem_.clear();
  steady_ = now + kSteady;
  log_.works(connected_line_);
}

void ServerLink::take_answer(RedisReply& reply, Time now) {
  if (!pipeline_.expects_reply()) {
    fail_server({Kind::kStrange, "sends more than it was asked for: see what is between"}, now);
    return;
  }
  std::string end = reply.is_error() && ends_the_link(reply.text) ? reply.text : "";
  bool goes_on = pipeline_.take(reply, now);
  commands_.flush_soon();
  if (!goes_on) {
    fail_server({Kind::kAway, kLeftWithoutMemory}, now);
  } else if (!end.empty()) {
    fail_server({Kind::kRefuses, explain_refusal("commands", end)}, now);
  } else if (is_up() && !proven_ && (pipeline_.answered() > answered_then_ || !pipeline_.expects_reply())) {
    prove(now);
  }
}

void ServerLink::take_push(const RedisReply& reply, Time now) {
  if (reply.is_error()) {
    // A right that is taken away is named in the error.
    bool pinged = reply.text.find("'ping'") != std::string::npos;
    fail_server({Kind::kRefuses, explain_refusal(pinged ? "PING" : "SUBSCRIBE", reply.text)}, now);
    return;
  }
  if (reply.items.size() != 3 || !listener_) return;  // the answer to PING
  const std::string& kind = reply.items[0].text;
  if (kind == "message") {
    listener_->message(reply.items[1].text, reply.items[2].text, now);
  } else if (kind == "subscribe") {
    listener_->subscribed(reply.items[1].text, now);
  }
}

void ServerLink::silent(ServerConnection& connection, Time) {
  bool for_commands = &connection == &commands_;
  // The login has no answer.
  if (state_ == (for_commands ? State::kCommands : State::kSubscriptions) || (!for_commands && deaf_)) return;
  if (!for_commands) {
    append_command(connection.output(), {"PING"});
  } else if (!pipeline_.expects_reply()) {
    pipeline_.command({"PING"}, nullptr);
  }
  connection.flush_soon();
}

void ServerLink::closed(ServerConnection& connection, const Fault& fault, Time now) {
  if (&connection == &subscriptions_ && is_up()) return lose_subscriptions(fault, now);
  fail_server(fault, now);
}

// Commands go on. If the server is away altogether, their connection shows it.
void ServerLink::lose_subscriptions(const Fault& fault, Time now) {
  bool again = std::exchange(deaf_, true);
  ++failures_;
  subscriptions_.close();
  if (!again && now > deaf_since_ + kSteady) listen_back_off_.reset();
  if (!again) deaf_since_ = now;
  listen_at_ = now + listen_back_off_.next();
  deaf_problem_ = name() + " sends no messages: it " + fault.text;
  if (again && !std::exchange(deaf_told_, true) && settings_.report) settings_.report(false, deaf_problem_);
  if (!again && listener_) listener_->deaf(now);
}

void ServerLink::hear_again(Time now) {
  deaf_ = false;
  bool was_told = std::exchange(deaf_told_, false);
  if (settings_.report && (was_told || now >= next_deaf_line_))
    settings_.report(true, name() + " sends messages again: it had ended the connection for them, see its log");
  next_deaf_line_ = now + kDeafLines;
  if (listener_) listener_->hears(now);
}

void ServerLink::fail_server(const Fault& fault, Time now) {
  bool was_up = shut(now);
  end_attempt({fault.kind, name() + " " + fault.text}, was_up, now);
}

void ServerLink::fail(const Fault& line, Time now) {
  bool was_up = shut(now);
  end_attempt(line, was_up, now);
}

// Closes all. This needs no memory: what is told may fail, and then settle() tells it later. Returns true if the server
// could be used until now.
bool ServerLink::shut(Time now) {
  bool was_up = is_up();
  bool was_usable = was_up && proven_;
  tell_down_ = tell_down_ || was_up;
  if (was_up) shaky_ = !proven_ || steady_ != kNever;
  ++failures_;
  state_ = State::kWaiting;
  deaf_ = deaf_told_ = proven_ = false;
  steady_ = overdue_at_ = listen_at_ = kNever;
  attempt_ = now + back_off_.next();
  commands_.close();
  subscriptions_.close();
  pipeline_.lose();
  return was_usable;
}

void ServerLink::end_attempt(const Fault& line, bool was_up, Time now) {
  problem_ = line.text;
  log_.failed(line, was_up);
  settle(now);
}

void ServerLink::settle(Time now) {
  pipeline_.answer_lost(problem_.empty() ? "there is no connection yet" : problem_, now);
  if (!std::exchange(tell_down_, false)) return;
  if (listener_) listener_->down(problem_, now);
}

std::string ServerLink::name() const {
  if (settings_.server.master.empty()) return "Redis at " + name_of(address_);
  return "Redis " + in_log(settings_.server.master) + " at " + name_of(address_);
}

}  // namespace lws_chat
