#include "core/room/room_table.h"

#include <string>

#include "support/hub_fixture.h"

using namespace lws_chat;
using namespace lws_chat::core_test;

TEST(an_empty_room_without_history_ends) {
  Fixture f;
  Reader& a = f.join("a");
  CHECK_EQ(f.hub.rooms().size(), 1u);
  f.hub.leave(a, 0);
  CHECK_EQ(f.hub.rooms().size(), 0u);
  CHECK(!f.hub.find("a"));
}

TEST(an_empty_room_with_a_history_stays_until_the_history_has_expired) {
  Fixture f;
  Reader& a = f.join("a");
  f.publish("m", 7);
  f.hub.flush(7, kMany);
  f.hub.leave(a, 0);
  CHECK_EQ(f.hub.rooms().size(), 1u);
  CHECK_EQ(f.hub.due(), 7 + kAge);
  f.hub.flush(6 + kAge, kMany);
  CHECK_EQ(f.hub.rooms().size(), 1u);
  f.hub.flush(7 + kAge, kMany);
  CHECK_EQ(f.hub.rooms().size(), 0u);
  CHECK_EQ(f.hub.due(), Hub::kNever);
  CHECK_EQ(f.hub.memory().in_use(), 0u);
}

TEST(a_room_above_max_rooms_is_refused_but_existing_ones_can_be_joined) {
  Fixture f;
  f.join("a");
  f.join("b");
  f.join("c");
  CHECK(f.hub.rooms().has_place("a"));
  CHECK(!f.hub.rooms().has_place("d"));
  Reader late;
  CHECK(lws_chat::join(f.hub, late, "d", 0, 0) == Status::kTooManyRooms);
  CHECK(!late.room());
  f.join("a");
}

TEST(a_new_room_replaces_the_room_that_has_been_empty_longest) {
  Fixture f;
  f.join("a");
  f.join("b");
  f.join("c");
  for (size_t i : {1, 0}) {
    lws_chat::publish(f.hub, f.readers[i], Message{"remember"}, 0);
    f.hub.flush(0, kMany);
    f.hub.leave(f.readers[i], 0);
  }
  CHECK(f.hub.rooms().has_place("d"));
  f.join("d");
  CHECK(!f.hub.find("b"));
  CHECK(f.hub.find("a"));
}

TEST(several_rooms_get_places_all_together_or_not_at_all) {
  Fixture f;
  f.join("a");
  CHECK(f.hub.rooms().has_places({"b", "c"}));
  CHECK(f.hub.rooms().has_places({"a", "b", "c"}));
  CHECK(!f.hub.rooms().has_places({"b", "c", "d"}));
  CHECK(f.hub.rooms().has_places({}));
}

TEST(an_empty_room_makes_place_for_another_one_unless_both_are_needed) {
  Fixture f;
  f.join("a");
  f.join("b");
  f.join("c");
  lws_chat::publish(f.hub, f.readers[0], Message{"remember"}, 0);
  f.hub.flush(0, kMany);
  f.hub.leave(f.readers[0], 0);
  CHECK(f.hub.rooms().has_places({"d", "b"}));
  CHECK(!f.hub.rooms().has_places({"a", "d"}));
  CHECK(!f.hub.rooms().has_places({"d", "e"}));
}

TEST(a_new_room_of_the_same_name_has_another_epoch) {
  Fixture f;
  f.join("a");
  std::string first = f.hub.find("a")->epoch();
  f.hub.leave(f.readers[0], 0);
  f.readers.clear();
  f.join("a");
  CHECK(f.hub.find("a")->epoch() != first);
  CHECK_EQ(first.size(), 8u);
}

TEST(rooms_count_as_memory_until_they_end) {
  Fixture f(without_history());
  CHECK_EQ(f.hub.memory().in_use(), 0u);
  Reader& reader = f.join(std::string(200, 'n'));
  CHECK(f.hub.memory().in_use() >= sizeof(Room) + 200);
  f.hub.leave(reader, 0);
  f.hub.flush(0, kMany);
  CHECK_EQ(f.hub.memory().in_use(), 0u);
}

TEST(a_room_is_refused_when_clients_hold_half_of_max_memory) {
  Fixture f(without_history());
  f.join("here");
  MemoryAccount::Charge charge(f.hub.memory().clients);
  charge.set(f.hub.memory().clients.left());
  CHECK(!f.hub.rooms().has_place("another"));
  CHECK(!f.hub.rooms().has_places({"here", "another"}));
  Reader refused;
  CHECK(lws_chat::join(f.hub, refused, "another", 0, 0) == Status::kTooManyRooms);
  CHECK(f.hub.rooms().has_places({"here"}));
  f.join("here");
  charge.set(0);
  f.join("another");
}

TEST(an_address_may_make_a_limited_number_of_rooms_and_join_all) {
  Hub::Settings chosen = without_history();
  chosen.max_rooms = 10;
  chosen.max_rooms_per_origin = 2;
  Fixture f(chosen);
  auto come = [&](const char* room, Origin origin) {
    Reader& reader = f.readers.emplace_back();
    return lws_chat::join(f.hub, reader, room, 0, 0, origin);
  };
  CHECK(come("a", 1) == Status::kOk);
  CHECK(come("b", 1) == Status::kOk);
  CHECK(come("c", 1) == Status::kTooManyRooms);
  CHECK(!f.hub.rooms().has_place("c", 1) && !f.hub.rooms().has_places({"a", "c"}, 1));
  CHECK(f.hub.rooms().has_place("c", 2) && f.hub.rooms().has_place("c") && f.hub.rooms().has_places({"a", "b"}, 1));
  CHECK(come("c", 2) == Status::kOk);
  CHECK(come("c", 1) == Status::kOk);
  CHECK(come("d", kNobody) == Status::kOk);
  // A room counts for the address that made it until it ends, whoever its members are.
  f.hub.leave(f.readers[0], 0);
  f.hub.flush(0, kMany);
  CHECK(f.hub.rooms().has_place("e", 1) && f.hub.rooms().has_places({"e"}, 1) &&
        !f.hub.rooms().has_places({"e", "f"}, 1));
}
