// Settings that are other ones than in the last run.
#include "support/store_fixture.h"

using namespace lws_chat;
using Fixture = unit::StoreFixture;

namespace {

// In the rules, rooms of the namespace "typing" are durable or not.
void set_rules(Fixture& f, bool typing) {
  f.settings.rules.text = typing ? "typing:1" : "typing:0";
  f.settings.rules.is_durable = [typing](std::string_view room) { return typing || room.rfind("typing:", 0) != 0; };
}

void run_with(Fixture& f, bool typing) {
  set_rules(f, typing);
  f.open_again();
}

}  // namespace

TEST(a_room_that_was_not_durable_for_a_run_begins_a_new_epoch) {
  Fixture f;
  run_with(f, true);
  CHECK_EQ(f.append_many("typing:a", 1, 5), 5u);
  CHECK_EQ(f.append_many("b", 1, 5), 5u);
  run_with(f, true);
  CHECK_EQ(f.restore("typing:a", "other").restored.position.epoch, "epoch");
  run_with(f, false);
  f.until([&] { return !f.events.empty(); });
  CHECK_EQ(f.events[0].second, "rooms that are not durable any more and leave the file: 1");
  run_with(f, true);
  Fixture::Room room = f.restore("typing:a", "other");
  CHECK_EQ(room.restored.position.epoch, "other");
  CHECK(room.messages.empty());
  CHECK_EQ(f.restore("b", "other").restored.position.epoch, "epoch");
  CHECK(f.append("typing:a", 1, "one", "other") == Status::kOk);
}

TEST(lower_limits_hold_as_soon_as_a_room_is_used) {
  for (bool bytes : {false, true}) {
    Fixture f;
    f.limits = {1'000'000, 1'000'000, 3600 * Fixture::kSecond, 10};
    f.open_again();
    for (uint64_t i = 1; i <= 3000; i += 1000) CHECK_EQ(f.append_many("room", i, 1000), 1000u);
    f.open_again();
    if (bytes)
      f.limits.bytes = 400;  // of messages with 4 bytes
    else
      f.limits.messages = 100;
    Fixture::Room room = f.restore("room");
    CHECK_EQ(room.restored.position.offset, 3000u);
    CHECK_EQ(room.restored.first, 2901u);
    // The file follows, a thousand messages at a time.
    f.until([&] { return !f.trimmed.empty(); });
    CHECK_EQ(f.trimmed.back().second, 1001u);
  }
}
