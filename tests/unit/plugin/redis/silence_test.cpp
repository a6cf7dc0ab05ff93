// A server that has not answered for a second is not asked: who asks is refused at once.
#include "redis/server_link.h"
#include "support/broker_fixture.h"
#include "support/link_fixture.h"
#include "support/quiet_listener.h"
#include "support/redis_process.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;
using unit::LinkFixture;
using unit::RedisProcess;

namespace {

constexpr Time kSecond = 1'000'000;

// A broker whose server has been silent for a while.
struct SilentFixture : BrokerFixture {
  SilentFixture() {
    connect();
    turn();
    while (!link.calls.empty()) link.answer(integer(0));
    link.silent_since = now();
    pass(RedisLink::kSilent);
    while (!link.calls.empty()) link.answer(integer(0));
  }
};

}  // namespace

TEST(a_server_that_stands_still_is_silent_since_it_was_asked) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.ask({"GET", "key"});
  redis.stop();
  Time asked = LinkFixture::now() + 5 * kSecond;
  f.link->command({"GET", "key"}, [](const RedisReply&, Time) {});
  f.poller.run(asked);
  CHECK_EQ(f.link->silence(), 0);
  CHECK(f.poller.due() <= asked + RedisLink::kSilent);
  f.poller.run(asked + RedisLink::kSilent - 1);
  CHECK(f.link->answers());
  f.poller.run(asked + RedisLink::kSilent);
  CHECK(f.link->is_up());
  CHECK(!f.link->answers());
  redis.go_on();
  f.until([&] { return f.link->unanswered() == 0; });
  CHECK_EQ(f.link->silence(), 0);
}

TEST(a_server_that_answers_is_not_silent_although_it_always_owes_something) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  size_t answers = 0;
  f.link->command({"GET", "key"}, [&](const RedisReply&, Time) { ++answers; });
  Time now = LinkFixture::now();
  for (size_t asked = 1; asked <= 10; ++asked) {
    f.link->command({"BLPOP", "nothing", "0.01"}, [&](const RedisReply&, Time) { ++answers; });
    while (answers < asked) f.poller.run(now);
    CHECK(f.link->answers());
    now += RedisLink::kSilent - 1;
  }
}

TEST(a_server_that_is_away_is_silent_since_it_was_lost) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.ask({"GET", "key"});
  CHECK(f.link->answers());
  redis.kill();
  f.until_down();
  CHECK(f.link->silence() < RedisLink::kSilent);
  f.poller.run(LinkFixture::now() + RedisLink::kSilent);
  CHECK(f.link->silence() >= RedisLink::kSilent);
  redis.start();
  f.until_up();
  f.ask({"GET", "key"});
  CHECK_EQ(f.link->silence(), 0);
}

TEST(a_node_that_slept_itself_does_not_blame_the_server) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.ask({"GET", "key"});
  f.link->command({"GET", "key"}, [](const RedisReply&, Time) {});
  f.poller.run(LinkFixture::now());
  CHECK_EQ(redis.ask({"PING"}).text, "PONG");  // so it has answered the other one, too
  CHECK(f.link->answers());
  f.poller.run(LinkFixture::now() + 10 * kSecond);
  CHECK_EQ(f.link->unanswered(), 0u);
  CHECK(f.link->answers());
}

TEST(publications_that_follow_each_other_wait_for_one_second_together) {
  BrokerFixture f;
  f.connect();
  std::vector<Status> answers;
  std::function<void()> publish = [&] {
    f.broker->spread("room", Message{"x"}, kSecond, f.now()).then(f.lifetime, [&](const Published& published) {
      answers.push_back(published.status);
      if (answers.size() < 10) publish();
    });
  };
  publish();
  f.link.silent_since = f.now() + 1000;  // the loop had other things to do
  f.pass(kSecond);
  CHECK_EQ(answers.size(), 1u);
  f.pass(1000);
  CHECK_EQ(answers.size(), 10u);
  CHECK(answers.front() == Status::kUncertain);
  CHECK(answers.back() == Status::kUnavailable);
  CHECK_EQ(f.link.count("publish"), 2u);
  CHECK_EQ(f.broker->counters().unavailable, 8u);
}

TEST(a_text_client_waits_all_the_same_because_it_would_be_closed) {
  SilentFixture f;
  f.pass(10 * kSecond);
  std::optional<Status> answer;
  f.broker->spread("room", Message{"x"}, 5 * kSecond, f.now()).then(f.lifetime, [&](const Published& published) {
    answer = published.status;
  });
  f.pass(4 * kSecond - 1);
  CHECK(!answer);
  f.pass(1);
  CHECK(answer == Status::kUncertain);
}

TEST(who_wants_to_join_a_room_of_a_silent_server_is_refused_at_once) {
  SilentFixture f;
  f.ask_to_join("room");
  CHECK(f.joined.at(0) == Status::kUnavailable);
  CHECK(f.link.subscribed.empty());
  f.link.silent_since = kNever;
  f.join("room");
  CHECK(f.joined.at(1) == Status::kOk);
}

TEST(a_silent_server_is_not_asked_who_is_there_nor_to_forget_nor_who_comes_back) {
  SilentFixture f;
  CHECK(f.broker->list("room", f.now()).value().status == Status::kUnavailable);
  CHECK(f.broker->count("room", f.now()).value().status == Status::kUnavailable);
  CHECK(f.broker->forget("room", f.now()).value() == Status::kUnavailable);
  CHECK(f.broker->returned("key", f.now()).value() == nullptr);
  CHECK(f.broker->revocations().keep({}).value() == SharedRevocations::Kept::kUnavailable);
  CHECK_EQ(f.broker->peers().tell("disconnect", R"({"user":"u"})", f.now()).value(), false);
  CHECK(f.link.calls.empty());
}

TEST(orders_go_to_a_server_that_answers) {
  ScriptedLink silent, good;
  RedisKeys keys("p");
  BrokerCounters counters;
  RedisPeers peers(keys, {&silent, &good}, "uid", counters);
  unit::QuietListener nobody;
  for (ScriptedLink* link : {&silent, &good}) {
    link->attach(nobody);
    link->go_up();
  }
  silent.silent_since = -RedisLink::kSilent;
  CHECK(!peers.tell("disconnect", R"({"user":"u"})", 0).ready());
  CHECK(silent.calls.empty());
  CHECK(good.has("PUBLISH"));
}
