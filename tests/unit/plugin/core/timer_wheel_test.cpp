#include "core/timer_wheel.h"

#include <map>
#include <memory>
#include <random>
#include <vector>

#include "support/unit.h"

using namespace lws_chat;
using Timer = TimerWheel::Timer;

namespace {

constexpr Time kTick = TimerWheel::kTick;
constexpr Time kHour = Time{3600} * 1000 * 1000;

}  // namespace

TEST(a_timer_is_due_up_to_a_tick_after_its_time_and_never_before) {
  TimerWheel wheel(kHour);
  Timer timer;
  wheel.set(timer, kHour + 3 * kTick - 1);
  CHECK_EQ(wheel.due(), kHour + 3 * kTick);
  CHECK(!wheel.take(kHour + 3 * kTick - 1));
  CHECK(wheel.take(kHour + 3 * kTick) == &timer);
  CHECK(!timer.is_set());
  CHECK(!wheel.take(kHour + kHour));
  CHECK_EQ(wheel.due(), -1);
}

TEST(a_timer_for_now_is_due_at_once_even_after_a_long_standstill) {
  TimerWheel wheel(kHour);
  Timer timer;
  wheel.set(timer, TimerWheel::kAtOnce);
  CHECK(wheel.due() <= kHour);
  CHECK(wheel.take(kHour) == &timer);
  CHECK(!wheel.take(2 * kHour));
  wheel.set(timer, TimerWheel::kAtOnce);
  CHECK(wheel.take(5 * kHour) == &timer);
}

TEST(setting_a_timer_again_replaces_its_time) {
  TimerWheel wheel(0);
  Timer timer;
  wheel.set(timer, 10 * kTick);
  wheel.set(timer, 2 * kTick);
  wheel.set(timer, 20 * kTick);
  CHECK_EQ(wheel.size(), size_t{1});
  CHECK(!wheel.take(19 * kTick));
  CHECK(wheel.take(20 * kTick) == &timer);
}

TEST(a_cancelled_or_destroyed_timer_is_never_due) {
  TimerWheel wheel(0);
  Timer cancelled;
  wheel.set(cancelled, kTick);
  {
    Timer gone;
    wheel.set(gone, kTick);
  }
  cancelled.cancel();
  cancelled.cancel();
  CHECK_EQ(wheel.size(), size_t{0});
  CHECK(!wheel.take(kHour));
}

TEST(a_due_timer_can_still_be_cancelled) {
  TimerWheel wheel(0);
  Timer a, b;
  wheel.set(a, kTick);
  wheel.set(b, kTick);
  CHECK(wheel.take(kTick) == &a);
  b.cancel();
  CHECK(!wheel.take(kTick));
}

TEST(a_timer_outlives_its_wheel) {
  Timer soon, late, due;
  {
    TimerWheel wheel(0);
    wheel.set(soon, kTick);
    wheel.set(late, kHour);
    wheel.set(due, TimerWheel::kAtOnce);
  }
  CHECK(!soon.is_set() && !late.is_set() && !due.is_set());
  soon.cancel();
}

TEST(timers_come_in_the_order_of_a_naive_list) {
  unsigned seed = std::random_device()();
  std::mt19937 random(seed);
  std::printf("seed %u\n", seed);
  auto below = [&](Time limit) { return static_cast<Time>(random() % static_cast<unsigned>(limit)); };
  Time now = below(kHour);
  TimerWheel wheel(now);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 300; ++i) timers.push_back(std::make_unique<Timer>());
  std::map<Timer*, Time> model;
  for (int step = 0; step < 20000; ++step) {
    Timer& timer = *timers[random() % timers.size()];
    switch (random() % 4) {
      case 0: timer.cancel(), model.erase(&timer); break;
      case 1: wheel.set(timer, model[&timer] = now + below(40'000'000)); break;
      case 2: wheel.set(timer, model[&timer] = now + below(10 * kTick)); break;
      default: now += random() % 50 ? below(4 * kTick) : below(20'000'000);
    }
    if (!model.empty()) CHECK(wheel.due() >= 0);
    while (Timer* due = wheel.take(now)) {
      CHECK(model.count(due) == 1 && model[due] <= now);
      model.erase(due);
    }
    for (const auto& [waits, time] : model) CHECK(time > now - kTick && waits->is_set());
    CHECK_EQ(wheel.size(), model.size());
    // Sleeping until due() misses no timer.
    for (const auto& [waits, time] : model) CHECK(wheel.due() < time + kTick);
  }
}
