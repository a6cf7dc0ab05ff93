#include "redis/server_link.h"

#include "redis/sha1.h"
#include "support/link_fixture.h"
#include "support/redis_process.h"

using namespace lws_chat;
using unit::LinkFixture;
using unit::RedisProcess;
using Kind = RedisReply::Kind;

namespace {

RedisScript script_of(const std::string& source) { return {source, sha1_hex(source)}; }

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_link_comes_up_by_itself_and_answers) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  CHECK(!f.link->is_up());
  CHECK_EQ(f.link->problem(), "");
  f.until_up();
  CHECK_EQ(f.events, "up ");
  CHECK_EQ(f.link->server().run_id.size(), 40u);
  CHECK(!f.link->server().keeps_log);
  CHECK(!f.link->server().promoted);
  CHECK_EQ(f.ask({"SET", "key", std::string_view("a\0\r\nb", 5)}).text, "OK");
  CHECK_EQ(f.ask({"GET", "key"}).text, std::string("a\0\r\nb", 5));
  CHECK(f.ask({"GET", "other"}).kind == Kind::kNil);
  CHECK_EQ(f.ask({"INCR", "number"}).integer, 1);
  CHECK(f.ask({"INCR", "key"}).is_error());
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(f.reports[0].first);
  CHECK(says(f.reports[0].second, redis.url()));
}

TEST(what_the_server_keeps_is_known) {
  RedisProcess redis("appendonly yes");
  LinkFixture f(redis.url());
  f.until_up();
  CHECK(f.link->server().keeps_log);
}

TEST(answers_come_in_order_for_100000_commands_at_once) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  int64_t next = 1;
  for (int i = 0; i < 100'000; ++i)
    f.link->command({"INCR", "n"}, [&](const RedisReply& reply, Time) { CHECK_EQ(reply.integer, next++); });
  CHECK_EQ(f.link->unanswered(), 100'000u);
  CHECK_EQ(next, 1);
  f.until([&] { return f.link->unanswered() == 0; });
  CHECK_EQ(next, 100'001);
}

TEST(large_and_nested_answers_come_whole) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  std::string large;
  large.resize(20'000'000, 'x');
  CHECK_EQ(f.ask({"SET", "key", large}).text, "OK");
  CHECK(f.ask({"GET", "key"}).text == large);
  RedisReply nested = f.run(script_of("return {1, {2, {3, {4, {5, {'six'}}}}}, false, {}}"));
  const RedisReply* inner = &nested;
  for (int64_t depth = 1; depth <= 5; ++depth) {
    CHECK_EQ(inner->items[0].integer, depth);
    inner = &inner->items[1];
  }
  CHECK_EQ(inner->items[0].text, "six");
  CHECK(nested.items[2].kind == Kind::kNil);
  for (int i = 0; i < 10'000; ++i) f.link->command({"RPUSH", "list", std::to_string(i)}, nullptr);
  RedisReply list = f.ask({"LRANGE", "list", "0", "-1"});
  CHECK_EQ(list.items.size(), 10'000u);
  CHECK_EQ(list.items[9999].text, "9999");
}

TEST(commands_without_a_connection_are_answered_lost_but_not_within_the_call) {
  LinkFixture f("unix:/does/not/exist");
  bool answered = false;
  auto answer = [&](const RedisReply& reply, Time) {
    CHECK(f.within_run);
    CHECK(reply.is_lost());
    CHECK(!reply.text.empty());
    answered = true;
  };
  f.link->command({"GET", "a"}, answer);
  CHECK(!answered);
  CHECK_EQ(f.link->unanswered(), 1u);
  CHECK_EQ(f.poller.due(), 0);
  f.turn();
  CHECK(answered);
  CHECK(says(f.problem(), "unix:/does/not/exist"));
  answered = false;
  f.link->run(script_of("return 1"), {}, {}, answer);
  CHECK(!answered);
  f.turn();
  CHECK(answered);
  CHECK_EQ(f.link->unanswered(), 0u);
  f.link->subscribe({"a"});
  CHECK_EQ(f.events, "");
}

TEST(a_server_that_is_killed_is_noticed_and_recognized_as_another_one) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  std::string before = f.link->server().run_id;
  int lost = 0;
  for (int i = 0; i < 10; ++i)
    f.link->command({"BLPOP", "nothing", "0"}, [&](const RedisReply& reply, Time) {
      CHECK(reply.is_lost());
      CHECK(!f.link->is_up());
      CHECK_EQ(f.events, "up ");
      ++lost;
    });
  f.turn();
  redis.kill();
  f.until_down();
  CHECK_EQ(lost, 10);
  CHECK_EQ(f.events, "up down ");
  CHECK(says(f.down_reason, redis.url()));
  redis.start();
  f.until_up();
  CHECK_EQ(f.events, "up down up ");
  CHECK(f.link->server().run_id != before);
  CHECK_EQ(f.ask({"PING"}).text, "PONG");
}

TEST(an_outage_has_one_line_and_its_end_another) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  Time first = f.now() + 1'500'000;
  f.until([&] { return f.now() > first; });
  for (size_t lines = 1; lines < 6; lines += 2) {
    CHECK_EQ(f.reports.size(), lines);
    CHECK(f.reports.back().first);
    redis.kill();
    f.until([&] { return f.link->failures() >= 3 * lines; });
    CHECK_EQ(f.reports.size(), lines + 1);
    CHECK(!f.reports.back().first);
    CHECK(says(f.reports.back().second, "Connection refused): start the server"));
    redis.start();
    f.until([&] { return f.link->is_up() && f.link->problem().empty(); });
    Time steady = f.now() + 1'500'000;
    f.until([&] { return f.now() > steady; });
  }
}

TEST(a_stopped_server_is_noticed) {
  RedisProcess redis;
  LinkFixture f(redis.url(), "", "", unit::kUsualPatience);
  f.until_up();
  redis.stop();
  bool lost = false;
  f.link->command({"GET", "a"}, [&](const RedisReply& reply, Time) { lost = reply.is_lost(); });
  Time begin = f.now();
  f.until_down();
  CHECK(f.now() - begin < 20'000'000);
  CHECK(lost);
  CHECK(says(f.down_reason, "does not answer for 3 s"));
  redis.go_on();
  f.until_up();
  CHECK_EQ(f.events, "up down up ");
}

TEST(a_silent_server_that_answers_ping_stays) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  Time end = f.now() + 6'000'000;
  f.link->subscribe({"a"});
  while (f.now() < end) f.turn();
  CHECK_EQ(f.events, "up ");
  CHECK_EQ(f.link->unanswered(), 0u);
  CHECK_EQ(f.ask({"PUBLISH", "a", "x"}).integer, 1);
}

TEST(a_process_that_slept_does_not_blame_the_server) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  redis.stop();
  Time begin = f.now();
  f.until([&] { return f.now() - begin > 1'500'000; });  // PING is on its way
  redis.go_on();
  CHECK_EQ(redis.ask({"PING"}).text, "PONG");  // it has answered those before, too
  f.poller.run(f.now() + 100'000'000);
  CHECK(f.link->is_up());
}

TEST(scripts_run_and_are_given_to_the_server_again_after_script_flush) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  RedisScript append = script_of("redis.call('RPUSH', KEYS[1], ARGV[1]) return ARGV[1]");
  int next = 0;
  int answered = 0;
  auto publish = [&](const std::string& key) {
    std::string number = std::to_string(next++);
    f.link->run(append, {key}, {number}, [&, number](const RedisReply& reply, Time) {
      CHECK_EQ(reply.text, number);
      CHECK_EQ(number, std::to_string(answered++));
    });
  };
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 20; ++i) publish("list");
    f.turn();
    redis.ask({"SCRIPT", "FLUSH"});
    for (int i = 0; i < 20; ++i) publish("list");
  }
  f.until([&] { return f.link->unanswered() == 0; });
  CHECK_EQ(answered, 2000);
  RedisReply list = f.ask({"LRANGE", "list", "0", "-1"});
  CHECK_EQ(list.items.size(), 2000u);
  for (size_t i = 0; i < list.items.size(); ++i) CHECK_EQ(list.items[i].text, std::to_string(i));
}

TEST(a_script_with_a_wrong_name_runs_all_the_same) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  RedisScript script{"return ARGV[1]", std::string(40, '0')};
  CHECK_EQ(f.run(script, {}, {"a"}).text, "a");
  CHECK_EQ(f.run(script, {}, {"b"}).text, "b");
}

TEST(the_database_of_the_url_is_used) {
  RedisProcess redis;
  LinkFixture f(redis.url() + "?db=3");
  f.until_up();
  CHECK_EQ(f.ask({"SET", "key", "x"}).text, "OK");
  CHECK(redis.ask({"GET", "key"}).kind == Kind::kNil);
}

TEST(a_link_that_ends_sends_what_is_left_and_calls_nobody) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  LinkFixture other(redis.url());
  f.until_up();
  other.until_up();
  other.link->subscribe({"a"});
  other.until([&] { return other.confirmed == 1; });
  bool answered = false;
  f.link->command({"PUBLISH", "a", "the last word"}, [&](const RedisReply&, Time) { answered = true; });
  f.link = nullptr;
  f.poller.run(f.now());
  CHECK(!answered);
  CHECK_EQ(f.events, "up ");
  other.until([&] { return other.messages.size() == 1; });
  CHECK_EQ(other.messages[0].second, "the last word");
}
