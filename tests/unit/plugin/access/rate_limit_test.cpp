#include "access/rate_limit.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(after_a_free_burst_every_message_must_wait) {
  RateLimit::Settings settings(10, 3);
  RateLimit limit;
  for (int i = 0; i < 3; ++i) CHECK_EQ(limit.note(settings, 1000), 0);
  CHECK_EQ(limit.note(settings, 1000), 100000);
  CHECK_EQ(limit.note(settings, 1000), 200000);
}

TEST(messages_at_the_rate_never_wait) {
  RateLimit::Settings settings(10, 1);
  RateLimit limit;
  for (Time now = 0; now < 10'000'000; now += 100000) CHECK_EQ(limit.note(settings, now), 0);
}

TEST(time_pays_the_debt) {
  RateLimit::Settings settings(10, 1);
  RateLimit limit;
  for (int i = 0; i < 5; ++i) (void)limit.note(settings, 0);
  CHECK_EQ(limit.note(settings, 10'000'000), 0);
}

TEST(rate_zero_is_no_limit) {
  RateLimit::Settings settings(0, 1);
  RateLimit limit;
  for (int i = 0; i < 100000; ++i) CHECK_EQ(limit.note(settings, 0), 0);
}
