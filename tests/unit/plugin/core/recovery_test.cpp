#include "core/recovery.h"

#include <limits>
#include <string>

#include "core/hub.h"
#include "support/hub_calls.h"
#include "support/hub_kinds.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr Time kSecond = 1'000'000;
constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

void append_payload(FrameSink& sink, const Event& event) { sink.append(event.message.payload, " "); }

struct Reader final : Client {
  Reader() : Client(kMember) {}
  bool ready() override { return true; }
  size_t write(std::string_view frames) override {
    read += frames;
    return frames.size();
  }
  void dismissed(Ending, Time) override {}
  std::string read;
};

// A room that keeps three messages for ten seconds. In the namespace bare rooms keep none, in cache only the last
// counts.
struct Fixture {
  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.max_lag = 1 << 20;
    settings.max_rooms = 10;
    settings.max_memory = 16 << 20;
    settings.rooms.history = {3, 1 << 20, 10 * kSecond};
    settings.namespaces.emplace_back("bare", RoomSettings());
    settings.namespaces.emplace_back("cache", settings.rooms);
    settings.namespaces.back().second.recovery_mode = RecoveryMode::kCache;
    return settings;
  }

  explicit Fixture(std::string_view name = "room") {
    CHECK(join(hub, member, name, 0, now) == Status::kOk);
    room = member.room();
  }
  ~Fixture() { hub.leave(member, now); }

  // Their payloads are their offsets.
  void publish(int count) {
    for (; count > 0; --count) (void)lws_chat::publish(hub, room->name(), {std::to_string(++published)}, now);
  }
  Recovery after(uint64_t offset) { return recover_after(*room, {room->epoch(), offset}); }
  Recovery last(uint64_t offset) { return recover_in(*room, {room->epoch(), offset}); }

  Hub hub{settings(), core_kinds(append_payload, append_payload)};
  Time now = kSecond;
  int published = 0;
  Reader member;
  Room* room = nullptr;
};

void check(const Recovery& recovery, bool whole, uint64_t next) {
  CHECK_EQ(recovery.whole, whole);
  CHECK_EQ(recovery.next, next);
}

}  // namespace

TEST(who_has_seen_the_last_message_misses_nothing) {
  Fixture f;
  check(f.after(0), true, 1);
  f.publish(2);
  check(f.after(2), true, 3);
}

TEST(what_came_behind_the_position_is_given_from_there_on) {
  Fixture f;
  f.publish(3);
  check(f.after(0), true, 1);
  check(f.after(1), true, 2);
}

TEST(a_message_that_is_no_longer_kept_makes_a_gap) {
  Fixture f;
  f.publish(5);
  check(f.after(2), true, 3);
  check(f.after(1), false, 6);
  check(f.after(0), false, 6);
}

TEST(a_position_that_the_room_has_not_reached_makes_a_gap) {
  Fixture f;
  f.publish(2);
  check(f.after(3), false, 3);
  check(f.after(kMost), false, 3);
}

TEST(a_position_of_another_life_of_the_room_makes_a_gap) {
  Fixture f;
  f.publish(2);
  check(recover_after(*f.room, {"another1", 2}), false, 3);
  check(recover_after(*f.room, {"", 1}), true, 2);
}

TEST(a_room_that_keeps_nothing_recovers_nobody) {
  Fixture f("bare:room");
  check(f.after(0), false, 1);
  f.publish(2);
  check(f.after(2), false, 3);
}

TEST(a_newcomer_gets_the_last_messages_or_as_many_as_are_kept) {
  Fixture f;
  check(recover_last(*f.room, 2), true, 1);
  f.publish(5);
  check(recover_last(*f.room, 0), true, 6);
  check(recover_last(*f.room, 2), true, 4);
  check(recover_last(*f.room, 3), true, 3);
  check(recover_last(*f.room, kMost), true, 3);
}

TEST(a_reader_that_comes_back_gets_what_it_missed_and_is_counted) {
  Fixture f;
  f.publish(3);
  Reader reader;
  CHECK(join(f.hub, reader, "room", 0, f.now) == Status::kOk);
  Position seen{f.room->epoch(), 1};
  check(recover(f.hub, reader, &seen, f.now), true, 2);
  f.publish(1);
  f.hub.pump(reader, f.now);
  CHECK_EQ(reader.read, "2 3 4 ");
  CHECK_EQ(f.hub.counters().recovered, 1u);
  CHECK_EQ(f.hub.counters().unrecovered, 0u);
  f.hub.leave(reader, f.now);
}

TEST(a_reader_with_a_gap_gets_only_what_is_new_and_is_counted) {
  Fixture f;
  f.publish(3);
  for (uint64_t offset : {uint64_t{7}, kMost}) {
    Reader reader;
    CHECK(join(f.hub, reader, "room", 0, f.now) == Status::kOk);
    Position seen{f.room->epoch(), offset};
    CHECK(!recover(f.hub, reader, offset == kMost ? nullptr : &seen, f.now).whole);
    CHECK(!reader.behind());
    f.hub.leave(reader, f.now);
  }
  CHECK_EQ(f.hub.counters().recovered, 0u);
  CHECK_EQ(f.hub.counters().unrecovered, 2u);
}

TEST(messages_that_have_become_too_old_are_not_recovered) {
  Fixture f;
  f.publish(2);
  f.now += 11 * kSecond;
  Reader reader;
  CHECK(join(f.hub, reader, "room", 0, f.now) == Status::kOk);
  Position seen{f.room->epoch(), 1};
  CHECK(!recover(f.hub, reader, &seen, f.now).whole);
  f.hub.leave(reader, f.now);
}

TEST(where_each_message_replaces_the_one_before_a_reader_is_given_the_last_one) {
  Fixture f{"cache:room"};
  check(f.last(0), false, 1);
  f.publish(3);
  check(f.last(0), true, 3);
  check(f.last(2), true, 3);
  check(f.last(3), true, 4);
  check(f.last(kMost), true, 3);
  check(recover_in(*f.room, {"other", 3}), true, 3);
  (void)f.hub.forget_history(*f.room);
  check(f.last(3), true, 4);
  check(f.last(2), false, 4);
}
