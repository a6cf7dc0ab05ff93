// What is at the server's address speaks Redis' protocol, or something else, but means no good.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "redis/server_link.h"
#include "support/link_fixture.h"
#include "support/small_server.h"

using namespace lws_chat;
using unit::LinkFixture;

namespace {

constexpr Time kMoment = 300'000;
constexpr RedisPatience kImpatient{30'000'000, 30'000'000, kMoment, kMoment, kMoment};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string url_of(const unit::SmallServer& server) { return "redis://127.0.0.1:" + std::to_string(server.port()); }

std::string bulk(const std::string& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; }

bool hear(int connection) {
  char bytes[65536];
  return recv(connection, bytes, sizeof bytes, 0) > 0;
}

// Lets a link in, as a Redis server does.
bool let_in(int connection) {
  if (!hear(connection)) return false;
  unit::write_all(connection, bulk("redis_version:7.0.0\r\nredis_mode:standalone\r\nrun_id:a\r\n") +
                                  bulk("role:master\r\n") + bulk("loading:0\r\n"));
  return true;
}

// Lets links in, and answers whatever comes then with `answer`. The second of two connections is for messages.
class Impostor {
 public:
  explicit Impostor(std::function<void(int)> answer)
      : server_([this, answer = std::move(answer)](int connection) {
          bool for_commands = server_.connections() % 2 == 1;
          if (!let_in(connection)) return;
          if (for_commands && hear(connection)) answer(connection);
          while (hear(connection)) {
          }
        }) {}

  std::string url() const { return url_of(server_); }

 private:
  unit::SmallServer server_;
};

// Sends a byte now and then, until the link hangs up.
void trickle(int connection, const std::string& beginning) {
  unit::write_all(connection, beginning);
  while (send(connection, "A", 1, MSG_NOSIGNAL) == 1) usleep(20'000);
}

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST(a_reply_of_the_login_that_is_too_large_is_not_taken) {
  for (const char* beginning : {"$2147483647\r\n", "*2147483647\r\n", "*1\r\n*1000000\r\n", "+"}) {
    unit::SmallServer server([beginning](int connection) {
      if (!hear(connection)) return;
      unit::write_all(connection, beginning);
      std::string more;
      while (more.size() < 1'000'000) more += ":1\r\n";
      for (int i = 0; i < 100; ++i) unit::write_all(connection, *beginning == '+' ? std::string(1'000'000, 'A') : more);
    });
    size_t before = resident_bytes();
    LinkFixture f(url_of(server));
    CHECK(says(f.problem(), "sends what cannot be read"));
    CHECK(resident_bytes() < before + 20'000'000);
    CHECK_EQ(f.link->failures(), 1u);
  }
}

TEST(a_login_that_only_trickles_is_given_up) {
  unit::SmallServer server([](int connection) {
    if (hear(connection)) trickle(connection, "$60000\r\n");
  });
  LinkFixture f(url_of(server), "", "", kImpatient);
  CHECK(says(f.problem(), "does not let anybody in"));
}

TEST(an_answer_that_is_too_large_is_not_taken) {
  Impostor impostor([](int connection) { unit::write_all(connection, "$2147483647\r\n"); });
  LinkFixture f(impostor.url());
  f.until_up();
  bool lost = false;
  f.link->command({"GET", "a"}, [&](const RedisReply& reply, Time) { lost = reply.is_lost(); });
  f.until([&] { return lost; });
  CHECK(says(f.down_reason, "needs more than 134217728 bytes"));
}

TEST(an_answer_that_only_trickles_is_given_up) {
  Impostor impostor([](int connection) { trickle(connection, "$60000000\r\n"); });
  LinkFixture f(impostor.url(), "", "", kImpatient);
  f.until_up();
  f.link->command({"GET", "a"}, [](const RedisReply&, Time) {});
  f.until_down();
  CHECK(says(f.down_reason, "sends only a few bytes a second"));
}

TEST(a_large_answer_over_a_slow_line_comes_whole) {
  constexpr size_t kSize = 200'000;
  Impostor impostor([](int connection) {
    unit::write_all(connection, "$" + std::to_string(kSize) + "\r\n");
    for (size_t sent = 0; sent < kSize; sent += 4000) {
      unit::write_all(connection, std::string(4000, 'x'));
      usleep(20'000);
    }
    unit::write_all(connection, "\r\n");
  });
  LinkFixture f(impostor.url(), "", "", {30'000'000, 30'000'000, 30'000'000, kMoment, 30'000'000});
  f.until_up();
  CHECK_EQ(f.ask({"GET", "a"}).text.size(), kSize);
}

TEST(a_server_that_takes_commands_byte_by_byte_is_given_up) {
  std::atomic<bool> over{false};
  Impostor impostor([&](int connection) {
    char byte = 0;
    while (!over && recv(connection, &byte, 1, 0) == 1) usleep(20'000);
  });
  LinkFixture f(impostor.url(), "", "", {30'000'000, 30'000'000, 30'000'000, kMoment, 30'000'000});
  f.until_up();
  std::string large(size_t{20'000'000}, 'x');
  f.link->command({"SET", "a", large}, nullptr);
  f.until_down();
  over = true;
  CHECK(says(f.down_reason, "takes only a few bytes a second"));
}

TEST(a_command_without_an_answer_ends_the_link_though_others_are_answered) {
  Impostor impostor([](int connection) {
    while (send(connection, ":1\r\n", 4, MSG_NOSIGNAL) == 4) usleep(50'000);
  });
  LinkFixture f(impostor.url(), "", "", kImpatient);
  f.until_up();
  for (int i = 0; i < 100; ++i) f.link->command({"INCR", "a"}, [](const RedisReply&, Time) {});
  f.until_down();
  CHECK(says(f.down_reason, "does not answer a command"));
}

TEST(a_stranger_who_sends_something_else_each_time_has_one_line) {
  std::atomic<char> next{'a'};
  unit::SmallServer server([&](int connection) {
    if (hear(connection)) unit::write_all(connection, std::string(5, next++));
  });
  LinkFixture f(url_of(server));
  f.until([&] { return f.link->failures() >= 5; });
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(says(f.reports[0].second, url_of(server).substr(8)));
}

TEST(a_port_that_has_worked_without_tls_is_not_said_to_need_it) {
  for (const std::string& farewell : {std::string(), std::string("hello\r\n")}) {
    unit::SmallServer server([&](int connection) {
      size_t number = server.connections();
      if (number > 2) return unit::write_all(connection, farewell);
      if (!let_in(connection)) return;
      // The connection for commands ends with the first one.
      while (hear(connection) && number == 2) {
      }
    });
    LinkFixture f(url_of(server), "", "", unit::kUsualPatience);
    f.until_up();
    CHECK(f.ask({"GET", "key"}).is_lost());
    f.until([&] { return says(f.link->problem(), farewell.empty() ? "without a word" : "cannot be read"); });
    CHECK(!says(f.link->problem(), "TLS"));
  }
}
