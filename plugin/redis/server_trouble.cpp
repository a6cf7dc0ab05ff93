#include "redis/server_trouble.h"

#include "redis/refusal.h"

namespace lws_chat {
namespace {

constexpr size_t kMostKeysTold = 16;

}  // namespace

void ServerTrouble::refused(std::string_view command, std::string_view error, std::string_view keys) {
  if (!keys.empty() && concerns_keys(error)) return tell_keys(command, error, keys);
  if (ends_the_link(error)) return;
  noted_ = true;
  ++refusals_;
  std::string kind = remedy_of(error);
  if (kind != kind_ || late_) line_ = link_.name() + " " + explain_refusal(command, error);
  kind_ = kind;
  if (commands_.emplace(command).second && asked_ == Asked::kDoes) asked_ = Asked::kNothing;
  if (told_ == kind) return;
  told_ = kind;
  report_(false, line_);
}

// In two lines, because lws cuts long ones.
void ServerTrouble::tell_keys(std::string_view command, std::string_view error, std::string_view keys) {
  if (keys_told_.size() >= kMostKeysTold || !keys_told_.emplace(keys).second) return;
  report_(false, link_.name() + " " + explain_refusal(command, error));
  report_(false, link_.name() + ": " + std::string(command) + " uses the keys " + std::string(keys));
}

void ServerTrouble::late(Time sent) {
  if (is_there() || !link_.is_up()) return;
  since_ = sent;
  late_ = true;
  line_ = link_.name() + " answers too late, or not: see what keeps it busy";
}

void ServerTrouble::done(std::string_view command) {
  if (!is_there() && told_.empty()) return;
  late_ = false;
  // Until the server was asked, this may be something else of the same name.
  if (refusals_ > 0 && asked_ != Asked::kDoes) return;
  if (auto refused = commands_.find(command); refused != commands_.end()) commands_.erase(refused);
  if (commands_.empty()) end();
}

void ServerTrouble::down() {
  forget();
  asking_ = false;
  keys_told_.clear();
}

void ServerTrouble::end() {
  bool was_told = !told_.empty();
  forget();
  if (was_told) report_(true, link_.name() + " does what it is told again");
}

void ServerTrouble::forget() {
  since_ = ask_at_ = kNever;
  noted_ = late_ = false;
  asked_ = Asked::kNothing;
  commands_.clear();
  refusals_ = 0;
  told_.clear();
  kind_.clear();
}

void ServerTrouble::tick(Time now) {
  if (std::exchange(noted_, false)) {
    last_ = now;
    if (since_ == kNever) since_ = now;
  }
  if (since_ == kNever) return;
  if (late_ && now >= since_ + kLate && told_.empty()) {
    told_ = line_;
    report_(false, line_);
  }
  bool over = !late_ && asked_ != Asked::kRefuses && now >= last_ + (refusals_ > 1 ? kRefuses : kOnce);
  if (over) {
    since_ = ask_at_ = kNever;
    asked_ = Asked::kNothing;
    refusals_ = 0;
  } else if (ask_at_ == kNever || now >= ask_at_) {
    ask(now);
  }
}

Time ServerTrouble::due() const { return noted_ ? 0 : ask_at_; }

void ServerTrouble::ask(Time now) {
  ask_at_ = now + kAskAgain;
  if (!link_.is_up() || std::exchange(asking_, true)) return;
  try_commands(link_, keys_, commands_, now,
               [this, sent = now](std::string_view command, const RedisReply& reply, Time then) {
                 was_asked(command, reply, sent, then);
               });
}

void ServerTrouble::was_asked(std::string_view command, const RedisReply& reply, Time sent, Time now) {
  asking_ = false;
  if (reply.is_lost() || since_ == kNever) return;
  if (reply.is_error()) {
    if (refusals_ == 0) refused(command, reply.text);
    line_ = link_.name() + " " + explain_refusal(command, reply.text);
    asked_ = Asked::kRefuses;
    last_ = now;
    return;
  }
  if (!link_.is_late(sent, kAskAgain, now)) late_ = false;
  if (asked_ == Asked::kRefuses || (refusals_ == 0 && !late_)) return end();
  asked_ = Asked::kDoes;
}

}  // namespace lws_chat
