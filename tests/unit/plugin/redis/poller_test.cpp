#include "redis/poller.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

#include "support/unit.h"

using namespace lws_chat;

namespace {

struct Part final : Poller::Watched {
  explicit Part(Poller& its_poller) : poller(its_poller) { poller.add(*this); }
  ~Part() { poller.remove(*this); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  void ready(Time) override {
    calls += "r";
    if (on_ready) on_ready();
  }
  void tick(Time) override { calls += "t"; }
  Time due() const override { return when; }
  void flush(Time) override { calls += "f"; }

  Poller& poller;
  Time when = kNever;
  std::string calls;
  std::function<void()> on_ready;
};

bool readable(const Poller& poller) {
  pollfd watched{poller.descriptor(), POLLIN, 0};
  return poll(&watched, 1, 0) == 1;
}

struct Pair {
  Pair() { CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0); }
  ~Pair() {
    close(ends[0]);
    close(ends[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int ends[2];
};

}  // namespace

TEST(nothing_is_due_without_a_reason) {
  Poller poller;
  Part part(poller);
  CHECK(!readable(poller));
  CHECK_EQ(poller.due(), kNever);
  poller.run(1);
  CHECK_EQ(part.calls, "f");
}

TEST(times_are_served_when_they_have_come) {
  Poller poller;
  Part part(poller);
  part.when = 10;
  CHECK_EQ(poller.due(), 10);
  poller.run(9);
  CHECK_EQ(part.calls, "f");
  poller.run(10);
  CHECK_EQ(part.calls, "ftf");
}

TEST(a_wish_for_a_run_shows_at_the_descriptor_and_in_due) {
  Poller poller;
  Part part(poller);
  poller.ask_for_run();
  CHECK(readable(poller));
  CHECK_EQ(poller.due(), 0);
  poller.run(1);
  CHECK(!readable(poller));
  CHECK_EQ(poller.due(), kNever);
  CHECK_EQ(part.calls, "tf");
  // Also from another thread, and when it is asked several times.
  poller.waker()->wake();
  poller.waker()->wake();
  CHECK(readable(poller));
  poller.run(1);
  CHECK(!readable(poller));
  CHECK_EQ(part.calls, "tftf");
}

TEST(a_flush_that_is_asked_for_within_a_run_needs_no_other_run) {
  Poller poller;
  Part part(poller);
  Pair pair;
  poller.watch(pair.ends[0], part, Poller::Interest::kRead);
  CHECK_EQ(write(pair.ends[1], "x", 1), 1);
  char byte;
  part.on_ready = [&] {
    CHECK_EQ(read(pair.ends[0], &byte, 1), 1);
    poller.ask_for_flush();
  };
  CHECK(readable(poller));
  poller.run(1);
  CHECK_EQ(part.calls, "rf");
  CHECK(!readable(poller));
  poller.ask_for_flush();
  CHECK(readable(poller));
}

TEST(who_wants_another_turn_gets_it_and_who_fails_does_not_stop_others_for_ever) {
  Poller poller;
  Part first(poller);
  Part second(poller);
  poller.ask_for_turn(first);
  poller.ask_for_turn(second);
  first.on_ready = [&] {
    first.on_ready = nullptr;
    throw std::bad_alloc();
  };
  try {
    poller.run(1);
    CHECK(false);
  } catch (const std::bad_alloc&) {
  }
  CHECK_EQ(second.calls, "");
  CHECK(readable(poller));
  poller.run(1);
  CHECK_EQ(second.calls, "rtf");
  CHECK(!readable(poller));
}

TEST(a_run_within_a_run_does_nothing) {
  Poller poller;
  Part part(poller);
  part.on_ready = [&] { poller.run(1); };
  poller.ask_for_turn(part);
  poller.run(1);
  CHECK_EQ(part.calls, "rtf");
}
