// When the rooms of a server count as not usable, and what is said about it.
#include "redis/refusal.h"
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

constexpr char kDenied[] = "ERR The user executing the script can't run this command or subcommand";
constexpr char kWrongType[] = "WRONGTYPE Operation against a key holding the wrong kind of value";

// A broker whose answers a test gives.
struct Fixture : BrokerFixture {
  bool usable() { return failure().empty(); }
  std::string failure() { return broker->failure(now()); }
  bool says(const std::string& words) { return failure().find(words) != std::string::npos; }

  // Publishes a message, and answers.
  void publish(const RedisReply& reply) {
    ask_to_publish();
    link.answer("publish", reply);
    turn();
  }
  void ask_to_publish() {
    Message message;
    message.payload = "hello";
    broker->spread("room", message, 1'000'000, now()).then(lifetime, [this](const Published& published) {
      outcome = published.status;
    });
  }
  static RedisReply published() { return array({integer(1), text("e"), integer(0)}); }

  // The server is asked if it publishes again. SET it does.
  void answer_trial(const RedisReply& reply) {
    if (!link.has("SET")) return;
    link.answer("SET", text("OK"));
    link.answer("publish", reply);
    turn();
  }

  // Time passes in steps, in which an event loop would have turns.
  void wait(Time time) {
    for (Time end = now() + time; now() < end;) pass(100'000);
  }

  Status outcome = Status::kOk;
};

}  // namespace

TEST(a_node_is_not_usable_until_its_server_has_done_something) {
  Fixture f;
  CHECK(f.says("no connection yet"));
  f.link.go_up();
  f.turn();
  CHECK(!f.usable());
  f.link.answer("begin", text("line"));
  f.turn();
  CHECK(f.usable());
}

TEST(a_server_that_refuses_from_the_start_is_asked_again_until_it_does_what_it_is_told) {
  Fixture f;
  f.link.go_up();
  f.link.answer("begin", error(kDenied));
  f.turn();
  CHECK(f.says("ACL SETUSER"));
  f.link.answer("SET", text("OK"));
  f.wait(2'000'000);
  f.link.answer("begin", text("line"));
  f.turn();
  CHECK(f.usable());
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(a_server_that_is_away_makes_the_node_unusable_after_five_seconds) {
  Fixture f;
  f.connect();
  f.turn();
  f.link.go_down();
  f.turn();
  f.pass(4'999'999);
  CHECK(f.usable());
  f.pass(1);
  CHECK_EQ(f.failure(), "away");
  f.connect();
  f.turn();
  CHECK(f.usable());
}

TEST(one_refusal_changes_nothing_but_many_make_the_node_unusable) {
  Fixture f;
  f.connect();
  f.turn();
  f.publish(error(kDenied));
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(f.reports[0].find("Redis at 10.0.0.5:6379 refuses EVALSHA (publish)") == 0);
  for (int i = 0; i < 12; ++i) {
    f.pass(1'000'000);
    CHECK(f.usable());
    f.answer_trial(Fixture::published());
  }
  for (int i = 0; i < 6; ++i) {
    f.publish(error(kDenied));
    f.pass(1'000'000);
    f.answer_trial(Fixture::published());
  }
  CHECK(f.says("EVALSHA (publish)"));
  CHECK_EQ(f.reports.size(), 1u);
  f.publish(Fixture::published());
  CHECK(f.usable());
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(a_server_that_refuses_a_script_is_asked_for_it_until_it_does_it_although_nobody_publishes_any_more) {
  Fixture f;
  f.connect();
  f.turn();
  f.publish(error(kDenied));
  for (int i = 0; i < 60; ++i) {
    f.answer_trial(error(kDenied));
    f.pass(1'000'000);
    CHECK_EQ(f.usable(), i < 4);
  }
  CHECK(f.says("EVALSHA (publish)"));
  CHECK_EQ(f.reports.size(), 1u);
  f.answer_trial(Fixture::published());
  CHECK(f.usable());
  CHECK_EQ(f.reports.size(), 2u);
  CHECK(!f.link.has("SET"));
}

TEST(another_script_of_the_same_name_does_not_end_a_refusal) {
  Fixture f;
  f.connect();
  f.join("room");
  f.ask_to_join("room");
  f.link.answer("presence_add", error(kDenied));
  f.broker->count("room", f.now()).then(f.lifetime, [](const SharedPresence::Count&) {});
  f.link.answer("presence_stats", array({integer(1), integer(1)}));
  f.turn();
  CHECK_EQ(f.reports.size(), 1u);
  for (int i = 0; i < 6; ++i) {
    if (f.link.has("SET")) f.link.answer("SET", text("OK"));
    if (f.link.has("presence_add")) f.link.answer("presence_add", error(kDenied));
    f.pass(1'000'000);
  }
  CHECK(f.says("EVALSHA (presence)"));
}

TEST(a_server_that_cannot_write_is_asked_whether_it_can_when_nobody_publishes_any_more) {
  Fixture f;
  f.connect();
  f.turn();
  f.publish(error("OOM command not allowed when used memory > 'maxmemory'."));
  for (int i = 0; i < 60; ++i) {
    f.pass(1'000'000);
    if (f.link.has("publish")) f.link.answer("publish", Fixture::published());
    if (f.link.has("SET")) f.link.answer("SET", error("OOM command not allowed when used memory > 'maxmemory'."));
  }
  CHECK(f.says("maxmemory"));
  CHECK_EQ(f.reports.size(), 1u);
  f.wait(1'000'000);
  f.answer_trial(Fixture::published());
  CHECK(f.usable());
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(messages_that_have_no_answer_in_time_make_the_node_unusable_after_five_seconds) {
  Fixture f;
  f.connect();
  f.turn();
  f.ask_to_publish();
  f.wait(4'900'000);
  CHECK(f.usable());
  f.wait(200'000);
  CHECK(f.says("answers too late"));
  CHECK_EQ(f.reports.size(), 1u);
  // An answer after its time shows only that the server is slow.
  f.link.answer("publish", Fixture::published());
  f.link.answer("SET", text("OK"));
  f.turn();
  CHECK(!f.usable());
  f.wait(1'000'000);
  f.link.answer("SET", text("OK"));
  f.turn();
  CHECK(f.usable());
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(messages_without_an_answer_and_then_a_lost_connection_are_one_time) {
  Fixture f;
  f.connect();
  f.turn();
  f.ask_to_publish();
  f.wait(4'000'000);
  f.link.go_down();
  f.turn();
  CHECK(f.usable());
  f.wait(1'100'000);
  CHECK_EQ(f.failure(), "away");
  CHECK_EQ(f.reports.size(), 0u);
}

TEST(keys_of_a_room_that_are_somebody_elses_are_named_and_other_rooms_go_on) {
  Fixture f;
  f.connect();
  f.turn();
  for (int i = 0; i < 20; ++i) {
    f.publish(error(kWrongType));
    f.pass(1'000'000);
    CHECK(f.usable());
  }
  CHECK(f.outcome == Status::kUnavailable);
  CHECK_EQ(f.broker->counters().errors, 20u);
  CHECK_EQ(f.reports.size(), 2u);
  CHECK_EQ(f.reports[0],
           "Redis at 10.0.0.5:6379 refuses EVALSHA (publish) (\"WRONGTYPE Operation against a key holding the wrong "
           "kind of value\"): remove its keys with DEL, or choose another redis-prefix");
  CHECK_EQ(f.reports[1],
           "Redis at 10.0.0.5:6379: EVALSHA (publish) uses the keys p.stream.room and p.stream.meta.room");
}

TEST(a_message_that_is_kept_though_nobody_was_told_of_it_is_uncertain) {
  Fixture f;
  f.connect();
  f.turn();
  f.publish(error(std::string("UNTOLD ") + kDenied));
  CHECK(f.outcome == Status::kUncertain);
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(f.reports[0].find("ACL SETUSER") != std::string::npos);
}

TEST(answers_that_no_script_gives_are_about_the_keys_of_a_room_too) {
  Fixture f;
  f.connect();
  f.turn();
  for (int i = 0; i < 20; ++i) {
    f.publish(text("what?"));
    f.pass(1'000'000);
  }
  CHECK(f.usable());
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(what_to_do_is_not_lost_behind_what_a_server_says_of_the_script) {
  const std::string sha(40, 'a');
  const std::string error_in_7 = std::string(kDenied) + " script: " + sha + ", on @user_script:122.";
  const std::string error_in_6 =
      "ERR Error running script (call to f_" + sha + "): @user_script:122: @user_script: 122: " + kDenied;
  const std::string expected = "refuses EVALSHA (publish) (\"" + std::string(kDenied) +
                               "\"): allow the user what it needs with ACL SETUSER, see lws-chatd.conf(5)";
  CHECK_EQ(explain_refusal("EVALSHA (publish)", error_in_7), expected);
  CHECK_EQ(explain_refusal("EVALSHA (publish)", error_in_6), expected);
  const std::string long_error = "MISCONF " + std::string(150, 'x');
  CHECK(explain_refusal("EVALSHA (publish)", long_error).size() < 180);
}
