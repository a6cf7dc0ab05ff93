#include "redis/login.h"

#include "redis/command_text.h"
#include "redis/refusal.h"

namespace lws_chat {
namespace {

constexpr const char* kNames[] = {"AUTH", "SELECT", "INFO", "PING", "SUBSCRIBE"};

}  // namespace

void Login::begin(const Account& account, std::string& out) {
  *this = Login();
  if (account.password.empty() && account.user.empty()) return;
  steps_.push_back(Step::kAuth);
  if (account.user.empty()) {
    append_command(out, {"AUTH", account.password});
  } else {
    append_command(out, {"AUTH", account.user, account.password});
  }
}

void Login::begin_commands(const Account& account, std::string& out) {
  begin(account, out);
  if (account.database != 0) {
    steps_.push_back(Step::kSelect);
    append_command(out, {"SELECT", std::to_string(account.database)});
  }
  for (const char* section : {"server", "replication", "persistence"}) ask_info(section, out);
}

void Login::begin_subscriptions(const Account& account, const std::vector<std::string>& channels, std::string& out) {
  begin(account, out);
  ask_info("server", out);
  steps_.push_back(Step::kPing);
  append_command(out, {"PING"});
  if (channels.empty()) return;
  std::vector<std::string_view> words{"SUBSCRIBE"};
  words.insert(words.end(), channels.begin(), channels.end());
  append_command(out, words);
  // Each channel is confirmed. An error has one reply.
  steps_.insert(steps_.end(), channels.size(), Step::kSubscribe);
}

// Several sections in one INFO are new in 7.0.
void Login::ask_info(const char* section, std::string& out) {
  steps_.push_back(Step::kInfo);
  append_command(out, {"INFO", section});
}

bool Login::take(const RedisReply& reply) {
  Step step = steps_[taken_++];
  if (reply.is_error()) {
    problem_ = explain_refusal(kNames[static_cast<size_t>(step)], reply.text);
    return true;
  }
  if (step == Step::kInfo) info_.read(reply.text);
  return taken_ == steps_.size();
}

}  // namespace lws_chat
