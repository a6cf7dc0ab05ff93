// The N-th allocation of a link fails, for each N: every command that was accepted has one answer, and the link goes
// on.
#include <poll.h>

#include <memory>
#include <new>

#include "redis/server_link.h"
#include "redis/sha1.h"
#include "support/failing_new.h"
#include "support/link_fixture.h"
#include "support/redis_process.h"

using namespace lws_chat;
using unit::RedisProcess;

namespace {

const RedisScript kEcho{"return ARGV[1]", sha1_hex("return ARGV[1]")};

// Callbacks need no memory, so that each failure is the link's.
struct World final : RedisLink::Listener {
  explicit World(const RedisProcess& redis) {
    std::vector<RedisServer> servers;
    CHECK_EQ(read_redis_urls(redis.url(), servers), "");
    RedisLinkSettings settings;
    settings.server = servers[0];
    link = std::make_unique<ServerLink>(poller, settings);
    link->attach(*this);
  }

  void up(Time) override { confirmed = 0; }
  void down(std::string_view, Time) override { ++downs; }
  void deaf(Time) override {}
  void hears(Time) override {}
  void subscribed(std::string_view, Time) override { ++confirmed; }
  void message(std::string_view channel, std::string_view payload, Time) override {
    CHECK(channel == "a");
    CHECK(payload == "hello");
    ++messages;
  }

  template <typename Body>
  bool survives(Body body) {
    try {
      Armed now_it_counts;
      body();
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  template <typename Done>
  void until(Done done) {
    Time end = unit::LinkFixture::now() + 60'000'000;
    while (!done()) {
      CHECK(unit::LinkFixture::now() < end);
      Time due = poller.due();
      pollfd watched{poller.descriptor(), POLLIN, 0};
      Time wait = due == kNever ? 1000 : (due - unit::LinkFixture::now() + 999) / 1000;
      poll(&watched, 1, static_cast<int>(std::clamp<Time>(wait, 0, 1000)));
      survives([&] { poller.run(unit::LinkFixture::now()); });
    }
  }

  // Its answer must be `expected`, or that it was lost.
  RedisLink::Answer answer(const char* expected) {
    ++accepted;
    return [this, expected](const RedisReply& reply, Time) {
      ++answered;
      if (!reply.is_lost() && reply.text != expected) ++wrong;
    };
  }

  void echo(const char* text) {
    RedisLink::Answer its_answer = answer(text);
    std::vector<std::string_view> arguments{text};
    if (!survives([&] { link->run(kEcho, {}, arguments, std::move(its_answer)); })) --accepted;
  }
  void say(const char* text) {
    RedisLink::Answer its_answer = answer(text);
    std::vector<std::string_view> words{"ECHO", text};
    if (!survives([&] { link->command(words, std::move(its_answer)); })) --accepted;
  }

  void until_answered() {
    until([&] { return answered == accepted; });
    CHECK_EQ(wrong, 0);
    CHECK_EQ(link->unanswered(), 0u);
  }

  Poller poller;
  std::unique_ptr<ServerLink> link;
  int accepted = 0;
  int answered = 0;
  int wrong = 0;
  int downs = 0;
  int confirmed = 0;
  int messages = 0;
};

// Returns whether fewer than `n` allocations were made.
bool fail_at(long n, RedisProcess& redis) {
  redis.ask({"SCRIPT", "FLUSH"});
  World world(redis);
  until_failure = n;
  world.until([&] { return world.link->is_up(); });
  world.survives([&] { world.link->subscribe({"a", "b"}); });
  for (const char* text : {"1", "2", "3"}) {
    world.echo(text);
    world.say(text);
  }
  world.until_answered();
  redis.ask({"SCRIPT", "FLUSH"});
  for (const char* text : {"4", "5", "6"}) {
    world.echo(text);
    world.say(text);
  }
  for (int i = 0; i < 3; ++i) redis.ask({"PUBLISH", "a", "hello"});
  redis.ask({"CLIENT", "KILL", "TYPE", "normal"});
  world.echo("7");
  world.until_answered();
  bool fewer = until_failure > 0;
  until_failure = 0;

  // All is well again.
  world.until([&] { return world.link->is_up(); });
  world.echo("8");
  world.say("9");
  world.until_answered();
  return fewer;
}

}  // namespace

TEST(every_command_has_its_answer_whichever_allocation_fails) {
  RedisProcess redis;
  long n = 1;
  while (!fail_at(n, redis)) ++n;
  CHECK(n > 30);
}
