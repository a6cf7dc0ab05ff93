// Commands that a server is asked for again, in a real Redis.
#include "redis/trial.h"

#include "support/shell_link.h"
#include "support/unit.h"

using namespace lws_chat;
using unit::RedisProcess;
using unit::ShellLink;

namespace {

const CommandNames kAll = {"EVALSHA (publish)",
                           "EVALSHA (position)",
                           "EVALSHA (forget)",
                           "EVALSHA (presence)",
                           "EVALSHA (revoke)",
                           "EVALSHA (session)",
                           "PUBLISH",
                           "HSCAN",
                           "SET",
                           "GETDEL"};

// A link that answers nothing within a call.
class LateLink final : public ShellLink {
 public:
  using ShellLink::ShellLink;
  void command(const std::vector<std::string_view>& words, Answer answer) override {
    ShellLink::command(words, later(std::move(answer)));
  }
  void run(const RedisScript& script, const std::vector<std::string_view>& keys,
           const std::vector<std::string_view>& arguments, Answer answer) override {
    ShellLink::run(script, keys, arguments, later(std::move(answer)));
  }
  void answer_all() {
    for (auto& [answer, reply] : std::exchange(answers_, {}))
      if (answer) answer(reply, 0);
  }

 private:
  Answer later(Answer answer) {
    return [this, answer = std::move(answer)](const RedisReply& reply, Time) { answers_.emplace_back(answer, reply); };
  }
  std::vector<std::pair<Answer, RedisReply>> answers_;
};

struct Fixture {
  RedisProcess redis;
  LateLink link{redis};
  Time now = 0;

  // The command that was refused; empty: none.
  std::string refused(const CommandNames& commands) {
    std::string refused = "no answer";
    try_commands(link, RedisKeys("p"), commands, ++now, [&](std::string_view command, const RedisReply& reply, Time) {
      refused = reply.is_error() ? command : "";
    });
    link.answer_all();
    return refused;
  }
  // The user of this link loses a right, or gets it.
  void rule(const std::string& rule) {
    ShellLink admin(redis);
    admin({"ACL", "SETUSER", "default", rule});
  }
};

}  // namespace

TEST(a_server_that_does_everything_does_it_each_time) {
  Fixture f;
  for (int i = 0; i < 3; ++i) CHECK_EQ(f.refused(kAll), "");
}

TEST(a_server_that_may_not_do_what_a_script_needs_shows_it_until_it_may) {
  const std::vector<std::pair<std::string, std::string>> rights = {{"xadd", "EVALSHA (publish)"},
                                                                   {"publish", "EVALSHA (publish)"},
                                                                   {"get", "EVALSHA (publish)"},
                                                                   {"xrange", "EVALSHA (position)"},
                                                                   {"xrevrange", "EVALSHA (forget)"},
                                                                   {"zadd", "EVALSHA (presence)"},
                                                                   {"zrem", "EVALSHA (presence)"},
                                                                   {"hlen", "EVALSHA (presence)"},
                                                                   {"expireat", "EVALSHA (revoke)"},
                                                                   {"set", "EVALSHA (session)"},
                                                                   {"publish", "PUBLISH"},
                                                                   {"hscan", "HSCAN"},
                                                                   {"getdel", "GETDEL"},
                                                                   {"eval", "EVALSHA (publish)"}};
  Fixture f;
  for (const auto& [right, command] : rights) {
    f.rule("-" + right);
    CHECK_EQ(f.refused({command}), right == "set" ? "SET" : command);
    f.rule("+" + right);
    CHECK_EQ(f.refused({command}), "");
  }
}

TEST(keys_of_somebody_else_say_nothing_about_the_server) {
  Fixture f;
  f.link({"SET", "p.trial.stream.trial", "text"});
  CHECK_EQ(f.refused({"EVALSHA (publish)"}), "");
}

TEST(nothing_stays_for_ever) {
  Fixture f;
  f.refused(kAll);
  std::string left;
  for (const RedisReply& key : f.link({"KEYS", "*"}).items)
    if (f.link({"TTL", key.text}).integer < 0) left += key.text + " ";
  CHECK_EQ(left, "");
}
