// What happens to the file while nobody looks.
#include <filesystem>

#include "sqlite/storage.h"
#include "support/store_fixture.h"

using namespace lws_chat;
using Fixture = unit::StoreFixture;
using Kind = Records::Kind;

namespace {

StorageInfo info_of(Fixture& f) {
  StorageInfo info;
  CHECK_EQ(storage_info(f.settings.path, info), "");
  CHECK_EQ(info.damage, "");
  return info;
}

// The sweep takes its time, and wakes nobody unless it finds something of a room.
template <typename Done>
void wait_for_file(Fixture& f, Done done) {
  for (int i = 0; i < 2000 && !done(info_of(f)); ++i) usleep(10'000);
  CHECK(done(info_of(f)));
}

}  // namespace

TEST(old_messages_leave_the_file_by_themselves) {
  Fixture f;
  f.limits.age = 10 * Fixture::kSecond;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 2500), 2500u);
  f.limits.age = 3600 * Fixture::kSecond;
  CHECK_EQ(f.append_many("other", 1, 10), 10u);
  f.now += 11'000;
  f.until([&] { return !f.trimmed.empty() && f.trimmed.back().second == 2501; });
  CHECK_EQ(info_of(f).messages, 10u);
  // Its writes go on at the same place.
  f.limits.age = 10 * Fixture::kSecond;
  CHECK(f.append("room", 2501, "next") == Status::kOk);
  f.open_again();
  CHECK_EQ(f.restore("room").restored.position.offset, 2501u);
}

TEST(forgotten_messages_and_old_records_leave_the_file) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 1000), 1000u);
  (void)f.store->keep(Kind::kRevokedToken, "short", "", f.now + 1000);
  (void)f.store->keep(Kind::kRevokedToken, "long", "", f.now + 1'000'000);
  CHECK(f.wait(f.store->forget("room")) == Status::kOk);
  f.now += 2000;
  wait_for_file(f, [](const StorageInfo& info) { return info.messages == 0 && info.records == 1; });
}

TEST(an_empty_room_that_nobody_uses_is_dropped_after_30_days_and_may_still_be_written) {
  Fixture f;
  CHECK_EQ(f.open(), "");
  CHECK(f.restore("empty").ok());
  CHECK(f.append("used", 1, "x") == Status::kOk);
  CHECK(f.wait(f.store->forget("used")) == Status::kOk);
  f.limits.age = 365 * 86'400 * Fixture::kSecond;
  CHECK(f.append("full", 1, "x") == Status::kOk);
  f.now += int64_t{31} * 86'400'000;
  wait_for_file(f, [](const StorageInfo& info) { return info.rooms == 1; });
  // A hub that still has the room goes on with it.
  CHECK(f.append("used", 2, "y") == Status::kOk);
  f.open_again();
  CHECK_EQ(f.restore("used").restored.position.offset, 2u);
}

TEST(beyond_storage_max_the_oldest_messages_of_all_rooms_go) {
  Fixture f;
  f.settings.max_bytes = 4 << 20;
  f.limits = {1'000'000, 1'000'000'000, 3600 * Fixture::kSecond, 1'000'000};
  CHECK_EQ(f.open(), "");
  std::string payload(1000, 'x');
  CHECK(f.append("old", 1, payload) == Status::kOk);
  f.now += 1000;
  uint64_t offset = 0;
  for (int turn = 0; turn < 200; ++turn) {
    f.now += 100;
    size_t waiting = 100;
    ++offset;
    for (int i = 0; i < 100; ++i)
      f.store
          ->append("room " + std::to_string(i % 10), f.limits, {"epoch", offset + static_cast<uint64_t>(i / 10)},
                   Fixture::text(payload))
          .then([&](Status status) {
            CHECK(status == Status::kOk);
            --waiting;
          });
    offset += 9;
    f.until([&] { return waiting == 0; });
  }
  CHECK(f.store->counters().evicted > 10'000);
  StorageInfo info = info_of(f);
  CHECK(info.file_bytes <= (4u << 20) + (2u << 20));
  CHECK(info.messages > 2000);
  Fixture::Room old = f.restore("old");
  CHECK(old.ok());
  CHECK_EQ(old.messages.size(), 0u);
  CHECK_EQ(old.restored.position.offset, 1u);
  for (int i = 0; i < 10; ++i) {
    Fixture::Room room = f.restore("room " + std::to_string(i));
    CHECK(room.ok());
    CHECK_EQ(room.restored.position.offset, 2000u);
    CHECK(room.messages.size() > 100);
    CHECK_EQ(room.restored.first, 2001 - room.messages.size());
  }
}

TEST(a_file_that_became_too_large_gets_smaller) {
  Fixture f;
  f.limits = {1'000'000, 1'000'000'000, 3600 * Fixture::kSecond, 100};
  f.settings.max_bytes = 64 << 20;
  CHECK_EQ(f.open(), "");
  CHECK_EQ(f.append_many("room", 1, 100'000), 100'000u);
  f.settings.max_bytes = 6 << 20;
  f.open_again();
  for (int i = 0; i < 3000 && f.store->counters().file_bytes > (7u << 20); ++i) {
    usleep(10'000);
    f.store->deliver();
  }
  CHECK(f.store->counters().file_bytes <= (7u << 20));
  CHECK(f.append("room", 100'001, "x") == Status::kOk);
}

TEST(the_log_stays_small_under_load) {
  Fixture f;
  f.limits = {1'000'000, 1'000'000'000, 3600 * Fixture::kSecond, 100};
  CHECK_EQ(f.open(), "");
  for (uint64_t turn = 0; turn < 200; ++turn) CHECK_EQ(f.append_many("room", 1 + turn * 1000, 1000), 1000u);
  CHECK(std::filesystem::file_size(f.settings.path + "-wal") < (32u << 20));
}
