#include "api/idempotency.h"

#include "support/unit.h"

using namespace lws_chat;

TEST(a_result_is_found_by_room_and_key) {
  Idempotency seen;
  seen.add("room", "key", "result", 0);
  CHECK(seen.find("room", "key", 0) && *seen.find("room", "key", 0) == "result");
  for (auto [room, key] :
       {std::pair("room", "other"), std::pair("other", "key"), std::pair("roo", "mkey"), std::pair("key", "room")})
    CHECK(!seen.find(room, key, 0));
}

TEST(a_key_may_have_any_bytes_and_belongs_to_one_room) {
  Idempotency seen;
  seen.add("a", "b/c", "1", 0);
  seen.add("a", "", "2", 0);
  CHECK_EQ(*seen.find("a", "b/c", 0), "1");
  CHECK_EQ(*seen.find("a", "", 0), "2");
  CHECK(!seen.find("a", "c", 0));
}

TEST(a_result_is_kept_for_five_minutes) {
  CHECK_EQ(Idempotency::kKeep, Time{300'000'000});
  Idempotency seen;
  seen.add("room", "key", "result", 7);
  CHECK(seen.find("room", "key", 7 + Idempotency::kKeep - 1));
  CHECK(!seen.find("room", "key", 7 + Idempotency::kKeep));
}

TEST(a_forgotten_key_may_be_used_again) {
  Idempotency seen;
  seen.add("room", "key", "first", 0);
  CHECK(!seen.find("room", "key", Idempotency::kKeep));
  seen.add("room", "key", "second", Idempotency::kKeep);
  CHECK_EQ(*seen.find("room", "key", 2 * Idempotency::kKeep - 1), "second");
}

TEST(the_first_result_is_kept) {
  Idempotency seen;
  seen.add("room", "key", "first", 0);
  seen.add("room", "key", "second", 1);
  CHECK_EQ(*seen.find("room", "key", 1), "first");
}

TEST(above_the_limit_the_oldest_results_are_forgotten) {
  Idempotency seen;
  for (size_t i = 0; i <= Idempotency::kMost; ++i) seen.add("room", std::to_string(i), "result", static_cast<Time>(i));
  Time now = static_cast<Time>(Idempotency::kMost);
  CHECK(!seen.find("room", "0", now));
  CHECK(seen.find("room", "1", now));
  CHECK(seen.find("room", std::to_string(Idempotency::kMost), now));
}
