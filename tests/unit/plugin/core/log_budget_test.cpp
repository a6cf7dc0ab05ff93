#include "core/log_budget.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;

struct Fixture {
  LogBudget budget;
  uint64_t left_out = 0;
  uint64_t taken(uint64_t asked, Time now) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < asked; ++i) count += budget.take(now, left_out);
    return count;
  }
};

}  // namespace

TEST(a_second_has_a_limited_number_of_lines) {
  Fixture f;
  CHECK_EQ(f.taken(1000, 5 * kSecond), LogBudget::kLinesPerSecond);
  CHECK_EQ(f.taken(1000, 6 * kSecond - 1), 0u);
}

TEST(the_next_second_has_new_lines_and_reports_the_dropped_ones) {
  Fixture f;
  f.taken(LogBudget::kLinesPerSecond + 42, 5 * kSecond);
  CHECK_EQ(f.left_out, 0u);
  CHECK_EQ(f.taken(1, 6 * kSecond), 1u);
  CHECK_EQ(f.left_out, 42u);
  CHECK_EQ(f.taken(LogBudget::kLinesPerSecond, 6 * kSecond), LogBudget::kLinesPerSecond - 1);
}

TEST(dropped_lines_are_reported_once) {
  Fixture f;
  f.taken(LogBudget::kLinesPerSecond + 1, 5 * kSecond);
  f.taken(1, 6 * kSecond);
  f.taken(1, 6 * kSecond);
  CHECK_EQ(f.left_out, 0u);
  f.taken(1, 7 * kSecond);
  CHECK_EQ(f.left_out, 0u);
}

TEST(within_the_limit_no_dropped_lines_are_reported) {
  Fixture f;
  for (Time now = kSecond; now < 20 * kSecond; now += kSecond) {
    CHECK_EQ(f.taken(LogBudget::kLinesPerSecond, now), LogBudget::kLinesPerSecond);
    CHECK_EQ(f.left_out, 0u);
  }
}

TEST(another_rate_can_be_chosen) {
  LogBudget budget(1);
  uint64_t left_out = 0;
  CHECK(budget.take(5'000'000, left_out));
  CHECK(!budget.take(5'500'000, left_out));
  CHECK(!budget.take(5'900'000, left_out));
  CHECK(budget.take(6'000'000, left_out));
  CHECK_EQ(left_out, 2u);
}
