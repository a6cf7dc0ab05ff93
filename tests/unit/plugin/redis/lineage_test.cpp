// Rooms in a real Redis that takes itself for another server than before.
#include "support/room_fixture.h"

using namespace lws_chat;
using namespace lws_chat::room_test;

TEST(another_server_that_may_lack_messages_gives_the_room_a_new_epoch) {
  Fixture f;
  f.publish("one");
  CHECK_EQ(f.meta("l"), "fresh1");
  CHECK_EQ(f.text({"HGET", "p.lineage", "s"}), "first");
  Outcome outcome = f.publish("two", kSecond);
  CHECK_EQ(outcome.epoch, "fresh2");
  CHECK_EQ(outcome.offset, 2u);
  CHECK_EQ(f.meta("l"), "fresh2");
  CHECK_EQ(f.text({"HGET", "p.lineage", "s"}), "second");
  CHECK_EQ(f.publish("three", kSecond).epoch, "fresh2");
  CHECK_EQ(f.publish("four", {"p.lineage", "fresh2", "second", "host:1"}).epoch, "fresh2");
  Place place = f.position({}, 10, kFirst);
  CHECK_EQ(place.epoch, "fresh5");
  CHECK_EQ(place.top, 4u);
  CHECK_EQ(place.entries, "2:two 3:three 4:four");
  CHECK_EQ(f.position({}, 0, kFirst).epoch, "fresh5");
}

TEST(another_server_that_has_kept_everything_keeps_the_epoch) {
  Fixture f;
  f.publish("one");
  CHECK_EQ(f.publish("two", kSecondKeeps).epoch, "fresh1");
  CHECK_EQ(f.text({"HGET", "p.lineage", "s"}), "second");
  CHECK_EQ(f.position({}, 0, kThirdKeeps).epoch, "fresh1");
  CHECK_EQ(f.text({"HGET", "p.lineage", "s"}), "third");
}

TEST(a_room_that_nobody_used_on_a_server_that_lacks_messages_gets_a_new_epoch_after_its_restart) {
  Fixture f;
  f.publish("one");
  run_begin(f.link, kSecond, "line", [](const RedisReply&, Time) {});
  Outcome outcome = f.publish("two", kThirdKeeps);
  CHECK_EQ(outcome.epoch, "fresh2");
  CHECK_EQ(f.meta("l"), "line");
  CHECK_EQ(f.publish("three", kThirdKeeps).epoch, "fresh2");
}

TEST(another_server_at_another_address_may_lack_messages_although_it_keeps_what_it_has) {
  Fixture f;
  f.publish("one");
  CHECK_EQ(f.publish("two", {"p.lineage", "", "second", "host:2", true}).epoch, "fresh2");
}

TEST(a_server_may_have_several_addresses) {
  Fixture f;
  f.publish("one");
  run_begin(f.link, {"p.lineage", "", "first", "unix:/r", false}, "line", [](const RedisReply&, Time) {});
  run_begin(f.link, {"p.lineage", "", "first", "host:11", false}, "line", [](const RedisReply&, Time) {});
  CHECK_EQ(f.text({"HGET", "p.lineage", "p"}), " host:1 unix:/r host:11 ");
  CHECK_EQ(f.publish("two", {"p.lineage", "", "second", "unix:/r", true}).epoch, "fresh1");
  CHECK_EQ(f.publish("two", kThirdKeeps).epoch, "fresh1");
}

TEST(a_server_that_was_a_replica_meanwhile_gives_rooms_a_new_epoch) {
  Fixture f;
  f.publish("one");
  run_begin(f.link, kSecond, "line", [](const RedisReply&, Time) {});
  CHECK_EQ(f.publish("two", kFirst).epoch, "fresh2");
}
