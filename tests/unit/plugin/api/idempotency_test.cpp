#include "api/idempotency.h"

#include <deque>
#include <optional>

#include "support/records_double.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// Publishes, and counts how often.
struct Fixture {
  Published once(std::string_view room, std::string_view key, Time now = 0) {
    return seen.once(room, key, now, [&] { return Published{status, {"epoch", ++count}, 0, now}; }).value();
  }
  // The offset of the publication.
  uint64_t offset(std::string_view room, std::string_view key, Time now = 0) {
    return once(room, key, now).position.offset;
  }

  // The same for publications that take a while.
  struct Result {
    std::optional<Published> done;
  };
  Result& once_late(std::string_view key) {
    Result& result = results.emplace_back();
    auto publish = [&] {
      going.emplace_back();
      return going.back().deferred();
    };
    seen.once("room", key, 0, publish).then([&result](const Published& late) { result.done = late; });
    return result;
  }
  void answer(const Published& published) {
    Promise<Published> first = going.front();
    going.pop_front();
    first.keep(published);
  }

  Idempotency seen;
  Status status = Status::kOk;
  uint64_t count = 0;
  std::deque<Promise<Published>> going;
  std::deque<Result> results;
};

}  // namespace

TEST(a_result_is_found_by_room_and_key) {
  Fixture f;
  CHECK_EQ(f.offset("room", "key"), 1u);
  CHECK_EQ(f.offset("room", "key"), 1u);
  uint64_t next = 2;
  for (auto [room, key] :
       {std::pair("room", "other"), std::pair("other", "key"), std::pair("roo", "mkey"), std::pair("key", "room")})
    CHECK_EQ(f.offset(room, key), next++);
}

TEST(a_key_may_have_any_bytes_and_belongs_to_one_room) {
  Fixture f;
  CHECK_EQ(f.offset("a", "b/c"), 1u);
  CHECK_EQ(f.offset("a", ""), 2u);
  CHECK_EQ(f.offset("a", "c"), 3u);
  CHECK_EQ(f.offset("a", "b/c"), 1u);
  CHECK_EQ(f.offset("a", ""), 2u);
}

TEST(a_result_is_kept_for_five_minutes_and_then_its_key_may_be_used_again) {
  CHECK_EQ(Idempotency::kKeep, Time{300'000'000});
  Fixture f;
  CHECK_EQ(f.offset("room", "key", 7), 1u);
  CHECK_EQ(f.offset("room", "key", 7 + Idempotency::kKeep - 1), 1u);
  CHECK_EQ(f.offset("room", "key", 7 + Idempotency::kKeep), 2u);
  CHECK_EQ(f.offset("room", "key", 7 + 2 * Idempotency::kKeep - 1), 2u);
}

TEST(a_refusal_is_not_kept) {
  Fixture f;
  f.status = Status::kUnavailable;
  CHECK(f.once("room", "key").status == Status::kUnavailable);
  f.status = Status::kOk;
  CHECK_EQ(f.offset("room", "key"), 2u);
}

TEST(above_the_limit_the_oldest_results_are_forgotten) {
  Fixture f;
  for (size_t i = 0; i <= Idempotency::kMost; ++i) (void)f.once("room", std::to_string(i), static_cast<Time>(i));
  Time now = static_cast<Time>(Idempotency::kMost);
  CHECK_EQ(f.offset("room", "1", now), 2u);
  CHECK_EQ(f.offset("room", std::to_string(Idempotency::kMost), now), Idempotency::kMost + 1);
  CHECK_EQ(f.offset("room", "0", now), Idempotency::kMost + 2);
}

TEST(who_repeats_a_publication_that_is_going_waits_for_its_result) {
  Fixture f;
  Fixture::Result& first = f.once_late("key");
  Fixture::Result& second = f.once_late("key");
  Fixture::Result& other = f.once_late("other");
  CHECK_EQ(f.going.size(), 2u);
  f.answer({Status::kOk, {"epoch", 7}});
  CHECK(first.done->position.offset == 7 && second.done->position.offset == 7);
  CHECK(!other.done);
  CHECK_EQ(f.once_late("key").done->position.offset, 7u);
}

TEST(a_refusal_reaches_all_who_wait_and_the_next_one_publishes) {
  Fixture f;
  Fixture::Result& first = f.once_late("key");
  Fixture::Result& second = f.once_late("key");
  f.answer({Status::kUnavailable});
  CHECK(first.done->status == Status::kUnavailable && second.done->status == Status::kUnavailable);
  Fixture::Result& third = f.once_late("key");
  CHECK(!third.done);
  f.answer({Status::kOk, {"epoch", 8}});
  CHECK_EQ(third.done->position.offset, 8u);
}

TEST(results_survive_a_restart_for_the_rest_of_their_time) {
  RecordsDouble records;
  int64_t clock = 1'700'000'000'000;
  auto keep = [&](const char* key, const char* value, int64_t left_ms) {
    (void)records.keep(Records::Kind::kPublication, key, value, clock + left_ms);
  };
  keep("room/late", "41 before", 200'000);
  keep("room/soon", "40 before", 1000);
  keep("room/far", "42 before", 900'000'000);  // the clock was set back
  keep("room/bad", "x", 1000);
  Fixture f;
  f.seen.load(records, 10, clock);
  Published late = f.once("room", "late", 20);
  CHECK_EQ(late.position.epoch, "before");
  CHECK_EQ(late.position.offset, 41u);
  CHECK_EQ(f.offset("room", "soon", 20), 40u);
  CHECK_EQ(f.offset("room", "soon", 10 + 1'000'000), 1u);
  CHECK_EQ(f.offset("room", "late", 10 + 199'999'999), 41u);
  CHECK_EQ(f.offset("room", "far", 10 + Idempotency::kKeep - 1), 42u);
  CHECK_EQ(f.offset("room", "far", 10 + Idempotency::kKeep), 2u);
  CHECK_EQ(f.offset("room", "bad", 20), 3u);
}
