// Subscriptions of a link, and what happens to them.
#include <unistd.h>

#include "redis/server_link.h"
#include "support/link_fixture.h"
#include "support/redis_process.h"

using namespace lws_chat;
using unit::LinkFixture;
using unit::RedisProcess;
using unit::RedisShell;

namespace {

using Messages = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> names(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("centrifugo.client.room-" + std::to_string(i));
  return all;
}

std::vector<std::string_view> views(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

void publish(const RedisProcess& redis, int count) {
  RedisShell shell(redis.socket_path());
  for (int i = 0; i < count; ++i) CHECK_EQ(shell.ask({"PUBLISH", "a", std::to_string(i)}).integer, 1);
}

}  // namespace

TEST(messages_come_in_order_after_the_subscription_is_confirmed) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.link->subscribe({"a", "b"});
  CHECK_EQ(f.confirmed, 0u);
  f.until([&] { return f.confirmed == 2; });
  f.link->command({"PUBLISH", "a", std::string_view("1\0\r\n", 4)}, nullptr);
  f.link->command({"PUBLISH", "b", ""}, nullptr);
  f.link->command({"PUBLISH", "c", "3"}, nullptr);
  f.link->command({"PUBLISH", "a", "4"}, nullptr);
  f.until([&] { return f.messages.size() == 3; });
  CHECK(f.messages == (Messages{{"a", std::string("1\0\r\n", 4)}, {"b", ""}, {"a", "4"}}));
}

TEST(a_channel_that_was_left_is_silent) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.link->subscribe({"a", "b"});
  f.link->unsubscribe({"a"});
  f.until([&] { return f.confirmed == 2; });
  f.until([&] { return f.ask({"PUBSUB", "NUMSUB", "a"}).items[1].integer == 0; });
  CHECK_EQ(f.ask({"PUBLISH", "b", "x"}).integer, 1);
  f.until([&] { return f.messages.size() == 1; });
  // Without any subscription, the connection is as good as before.
  f.link->unsubscribe({"b"});
  f.link->subscribe({"c"});
  f.until([&] { return f.confirmations["c"] == 1; });
  CHECK_EQ(f.events, "up ");
}

TEST(thousands_of_channels_are_subscribed_at_once) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  std::vector<std::string> all = names(100'000);
  f.link->subscribe(views(all));
  f.until([&] { return f.confirmed == all.size(); });
  CHECK_EQ(f.confirmations.size(), all.size());
  f.link->command({"PUBLISH", all.back(), "x"}, nullptr);
  f.until([&] { return f.messages.size() == 1; });
  f.link->unsubscribe(views(all));
  f.until([&] { return f.ask({"PUBSUB", "CHANNELS"}).items.empty(); });
}

TEST(many_messages_take_many_runs_so_that_others_have_their_turn) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.link->subscribe({"a"});
  f.until([&] { return f.confirmed == 1; });
  publish(redis, 5000);
  f.on_message = [] { usleep(50); };
  size_t most = 0;
  f.until([&] {
    size_t before = f.messages.size();
    if (before == 5000) return true;
    f.turn();
    most = std::max(most, f.messages.size() - before);
    return false;
  });
  // A slice is over after a millisecond or so; the system may hold a turn up, but not a hundred of them.
  CHECK(most < 2500);
  for (size_t i = 0; i < 5000; ++i) CHECK_EQ(f.messages[i].second, std::to_string(i));
}

TEST(a_listener_that_fails_gets_the_rest) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.link->subscribe({"a"});
  f.until([&] { return f.confirmed == 1; });
  publish(redis, 100);
  int failures = 0;
  f.on_message = [&] {
    if (++failures % 2 == 0) throw std::bad_alloc();
  };
  size_t thrown = 0;
  auto turn = [&] {
    try {
      f.turn();
    } catch (const std::bad_alloc&) {
      ++thrown;
    }
  };
  for (Time end = f.now() + 60'000'000; f.messages.size() + thrown < 100 && f.now() < end;) turn();
  CHECK_EQ(thrown, 50u);
  CHECK_EQ(f.messages.size(), 50u);
  CHECK(f.link->is_up());
}

TEST(while_the_connection_for_messages_is_lost_commands_go_on) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  for (int round = 1; round <= 5; ++round) {
    f.link->subscribe({"a"});
    f.until([&] { return f.confirmations["a"] == round; });
    CHECK_EQ(redis.ask({"CLIENT", "KILL", "TYPE", "pubsub"}).integer, 1);
    f.until([&] { return f.losses == round; });
    CHECK_EQ(f.ask({"PING"}).text, "PONG");
    f.until([&] { return f.returns == round; });
    CHECK_EQ(f.ask({"PUBSUB", "CHANNELS"}).items.size(), 0u);
  }
  CHECK_EQ(f.ups, 1);
  CHECK_EQ(f.downs, 0);
}

TEST(a_lost_command_connection_ends_the_subscriptions_too) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  f.link->subscribe({"a"});
  f.until([&] { return f.confirmed == 1; });
  redis.ask({"CLIENT", "KILL", "TYPE", "normal"});
  f.until([&] { return f.downs == 1; });
  f.until_up();
  CHECK_EQ(f.ask({"PUBSUB", "CHANNELS"}).items.size(), 0u);
}

TEST(a_reader_that_is_too_slow_for_the_server_is_told) {
  RedisProcess redis("client-output-buffer-limit pubsub 1mb 1mb 1");
  LinkFixture f(redis.url());
  f.until_up();
  f.link->subscribe({"a"});
  f.until([&] { return f.confirmed == 1; });
  RedisShell shell(redis.socket_path());
  std::string large(100'000, 'x');
  for (int i = 0; i < 100; ++i) shell.ask({"PUBLISH", "a", large});
  f.until([&] { return f.losses == 1; });
  f.until([&] { return f.returns == 1; });
}
