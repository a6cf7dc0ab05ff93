// Rooms of a hub in a Redis server that the test plays.
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

TEST(a_join_waits_until_the_room_is_subscribed_and_its_position_is_known) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.ask_to_join("room");
  CHECK_EQ(f.link.subscribed.at(0), "p.client.room");
  CHECK(!f.link.has("position"));
  f.link.confirm();
  CHECK_EQ(f.link.call("position").words.at(1), "p.stream.meta.room");
  f.turn();
  CHECK(f.joined.empty());
  f.link.answer("position", BrokerFixture::position("e", 7));
  f.turn();
  CHECK(f.joined.at(0) == Status::kOk);
  CHECK_EQ(reader.room()->epoch(), "e");
  CHECK_EQ(reader.room()->history().top(), 7u);
}

TEST(a_room_begins_with_the_last_messages_of_its_stream) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.ask_to_join("room");
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 7, {{5, "five"}, {6, "six"}, {7, "seven"}}));
  f.turn();
  CHECK_EQ(reader.room()->history().first(), 5u);
  CHECK_EQ(reader.room()->history().from(7).next().message.payload, "seven");
}

TEST(a_long_stream_is_read_in_pieces) {
  Hub::Settings settings = BrokerFixture::shared_rooms();
  settings.rooms.history.messages = 1000;
  BrokerFixture f(settings);
  f.connect();
  Reader& reader = f.ask_to_join("room");
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 3, {{1, "one"}, {2, "two"}}));
  CHECK_EQ(f.link.call("position").arguments.at(6), "3");
  f.link.answer("position", BrokerFixture::position("e", 3, {{3, "three"}}));
  f.turn();
  CHECK_EQ(reader.room()->history().first(), 1u);
  CHECK_EQ(reader.room()->history().top(), 3u);
}

TEST(a_stream_that_was_read_in_part_when_the_connection_was_lost_is_read_from_its_beginning) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.ask_to_join("room");
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 3, {{1, "one"}, {2, "two"}}));
  f.link.go_down();
  f.connect();
  f.link.confirm("p.client.room");
  CHECK_EQ(f.link.call("position").arguments.at(6), "1");
  f.link.answer("position", BrokerFixture::position("e", 3, {{1, "one"}, {2, "two"}, {3, "three"}}));
  f.turn();
  CHECK_EQ(reader.room()->history().first(), 1u);
}

TEST(readers_get_messages_in_the_order_of_their_offsets) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.push("room", "e", 1, "one");
  f.push("room", "e", 1, "one");
  f.push("room", "e", 2, "two");
  f.push("room", "e", 1, "one");
  CHECK_EQ(f.got(reader), "room:1:one;room:2:two;");
  CHECK_EQ(f.broker->counters().repeated, 2u);
}

TEST(messages_that_pub_sub_did_not_bring_are_fetched_before_the_next_one) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.push("room", "e", 1, "one");
  f.push("room", "e", 4, "four");
  f.push("room", "e", 5, "five");
  CHECK_EQ(f.got(reader), "room:1:one;");
  CHECK_EQ(f.link.call("position").arguments.at(6), "1");
  f.link.answer("position", BrokerFixture::position("e", 4, {{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}}));
  CHECK_EQ(f.got(reader), "room:2:two;room:3:three;room:4:four;room:5:five;");
  CHECK_EQ(f.broker->counters().fetched, 3u);
  CHECK(!f.link.has("position"));
}

TEST(readers_are_told_of_messages_that_the_stream_does_not_have_any_more) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.push("room", "e", 4, "four");
  f.link.answer("position", BrokerFixture::position("e", 4, {{3, "three"}, {4, "four"}}));
  CHECK(reader.why == Status::kGap);
  CHECK_EQ(f.got(reader), "");
  CHECK_EQ(f.broker->counters().gaps, 1u);
}

TEST(who_comes_back_behind_a_gap_finds_the_messages_of_the_stream) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.push("room", "e", 1, "one");  // waits for a flush, so that the room stays
  f.push("room", "e", 7, "seven");
  RedisReply there = BrokerFixture::position("e", 7, {{6, "six"}, {7, "seven"}});
  f.link.answer("position", there);
  CHECK(reader.why == Status::kGap);
  Reader& again = f.ask_to_join("room");
  CHECK(f.joined.size() < 2);
  f.link.answer("position", there);
  f.turn();
  CHECK_EQ(again.room()->history().first(), 6u);
  CHECK_EQ(again.room()->history().top(), 7u);
}

TEST(readers_are_told_that_the_room_has_another_epoch) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  Reader& later = f.join("other", "e", 3);
  f.push("room", "f", 1, "one");
  CHECK(reader.why == Status::kOk);
  f.link.answer("position", BrokerFixture::position("f", 1, {{1, "one"}}));
  CHECK(reader.why == Status::kGap);
  CHECK(later.why == Status::kOk);
}

TEST(messages_without_an_offset_are_shown_at_once) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.push_unkept("room", "hello");
  CHECK_EQ(f.got(reader), "room:0:hello;");
  CHECK_EQ(reader.room()->history().top(), 3u);
}

TEST(payloads_that_are_none_are_counted) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.link.push("p.client.room", "__p1:x");
  f.link.push("p.client.strange", "hello");
  CHECK_EQ(f.got(reader), "");
  CHECK_EQ(f.broker->counters().foreign, 1u);
  CHECK(!f.link.has("position"));
}

TEST(after_a_lost_connection_messages_that_were_missed_are_fetched) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 1);
  f.link.go_down();
  f.connect();
  f.link.confirm();
  f.push("room", "e", 4, "four");
  f.link.answer("position", BrokerFixture::position("e", 3, {{1, "one"}, {2, "two"}, {3, "three"}}));
  CHECK_EQ(f.got(reader), "room:2:two;room:3:three;room:4:four;");
}

TEST(after_a_lost_connection_readers_of_rooms_without_history_are_told) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("none:room");
  f.push_unkept("none:room", "hello");
  CHECK_EQ(f.got(reader), "none:room:0:hello;");
  f.link.go_down();
  f.connect();
  CHECK(reader.why == Status::kOk);
  f.link.confirm();
  CHECK(reader.why == Status::kGap);
}

TEST(answers_from_before_a_lost_connection_change_nothing) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 1);
  f.push("room", "e", 3, "three");
  ScriptedLink::Call asked = f.link.call("position");
  f.link.go_down();
  f.connect();
  asked.answer(BrokerFixture::position("other", 1), f.now());
  CHECK(reader.why == Status::kOk);
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 1, {{1, "one"}}));
  CHECK(reader.why == Status::kOk);
}

TEST(who_publishes_learns_how_many_are_in_the_room_on_this_node) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  f.join("room");
  std::optional<Published> published;
  f.hub->publish(kServerGrant, {"room", Message{"x"}}, f.now()).then(f.lifetime, [&](const Published& answer) {
    published = answer;
  });
  f.link.answer("publish", array({integer(1), text("e"), integer(0)}));
  f.turn();
  CHECK(published && published->status == Status::kOk);
  CHECK_EQ(published->clients, 2u);
}

TEST(nobody_joins_a_new_room_while_the_server_is_away) {
  BrokerFixture f;
  f.ask_to_join("room");
  f.pass(ShardRooms::kAwayPatience - 1);
  CHECK(f.joined.empty());
  f.pass(1);
  CHECK(f.joined.at(0) == Status::kUnavailable);
}

TEST(a_server_that_does_not_answer_is_not_waited_for_for_ever) {
  BrokerFixture f;
  f.connect();
  f.ask_to_join("room");
  f.link.confirm();
  CHECK(f.broker->due() <= ShardRooms::kPatience);
  f.pass(ShardRooms::kPatience);
  CHECK(f.joined.at(0) == Status::kUnavailable);
}

TEST(who_waits_for_a_server_that_comes_in_time_joins) {
  BrokerFixture f;
  f.ask_to_join("room");
  f.pass(ShardRooms::kAwayPatience / 2);
  f.connect();
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 1));
  f.turn();
  CHECK(f.joined.at(0) == Status::kOk);
}

TEST(a_room_that_redis_refuses_to_read_is_refused_and_reported) {
  BrokerFixture f;
  f.connect();
  f.ask_to_join("room");
  f.link.confirm();
  f.link.answer("position", error("NOPERM this user has no permissions"));
  f.turn();
  CHECK(f.joined.at(0) == Status::kUnavailable);
  CHECK_EQ(
      f.reports.at(0),
      "Redis at 10.0.0.5:6379 refuses EVALSHA (position) (\"NOPERM this user has no permissions\"): allow the user "
      "what it needs with ACL SETUSER, see lws-chatd.conf(5)");
}

TEST(a_room_without_members_stays_subscribed_for_a_while) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.hub->leave(reader, f.now());
  f.turn();
  f.push("room", "e", 4, "four");
  Reader& other = f.ask_to_join("room");
  CHECK(f.link.subscribed.empty());
  f.push("room", "e", 5, "five");
  f.link.answer("position", BrokerFixture::position("e", 4, {{4, "four"}}));
  f.turn();
  f.turn();
  CHECK(f.joined.at(1) == Status::kOk);
  CHECK_EQ(other.room()->history().top(), 5u);
  f.pass(1000);
  f.hub->leave(other, f.now());
  f.turn();
  f.pass(ShardRooms::kGrace - 1);
  CHECK(f.link.unsubscribed.empty());
  f.pass(1);
  CHECK_EQ(f.link.unsubscribed.at(0), "p.client.room");
  CHECK_EQ(f.broker->counters().rooms, 0u);
}

TEST(a_room_that_is_left_twice_at_the_same_time_is_forgotten_once) {
  BrokerFixture f;
  f.connect();
  f.hub->leave(f.join("room"), f.now());
  f.turn();
  f.hub->leave(f.join("room"), f.now());
  f.turn();
  f.pass(ShardRooms::kGrace);
  CHECK_EQ(f.link.unsubscribed.size(), 1u);
}

TEST(a_payload_of_a_former_epoch_is_not_a_reason_to_read_for_ever) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.push("room", "former", 7, "seven");
  f.link.answer("position", BrokerFixture::position("e", 3, {{3, "three"}}));
  CHECK(!f.link.has("position"));
  f.push("room", "e", 4, "four");
  CHECK_EQ(f.got(reader), "room:4:four;");
}

TEST(a_position_is_compared_with_redis_from_time_to_time) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.pass(ShardRooms::kCompareAfter);
  f.link.answer("position", BrokerFixture::position("e", 4, {{3, "three"}, {4, "four"}}));
  CHECK_EQ(f.got(reader), "room:4:four;");
  f.pass(ShardRooms::kCompareAfter);
  CHECK(f.link.has("position"));
}

TEST(a_room_gets_a_fresh_epoch_if_redis_lacks_what_readers_have_seen) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.pass(ShardRooms::kCompareAfter);
  f.link.answer("position", BrokerFixture::position("e", 2));
  CHECK_EQ(f.link.call("renew").arguments.at(0), "e");
  CHECK(reader.why == Status::kOk);
  std::string fresh = f.link.call("renew").arguments.at(1);
  f.link.answer("renew", integer(1));
  f.link.answer("position", BrokerFixture::position(fresh, 2));
  CHECK(reader.why == Status::kGap);
  CHECK_EQ(f.broker->counters().renewals, 1u);
}

TEST(a_room_gets_a_fresh_epoch_if_redis_has_another_message_at_its_position) {
  BrokerFixture f;
  f.connect();
  f.join("room", "e", 0);
  f.push("room", "e", 1, "one");
  f.pass(ShardRooms::kCompareAfter);
  f.link.answer("position", BrokerFixture::position("e", 1, {{1, "other"}}));
  CHECK(f.link.has("renew"));
}

TEST(a_room_whose_history_would_be_the_position_of_another_one_is_refused) {
  BrokerFixture f;
  f.connect();
  f.ask_to_join("meta.room");
  CHECK(f.joined.at(0) == Status::kBadRoomName);
  CHECK(f.broker->spread("meta.room", Message{"x"}, 1, f.now()).value().status == Status::kBadRoomName);
  CHECK(f.broker->forget("meta.room", f.now()).value() == Status::kBadRoomName);
  CHECK(f.link.calls.empty());
}

TEST(another_history_size_at_another_node_is_told_once) {
  BrokerFixture f;
  f.connect();
  for (const char* bounds : {"5 300", "4 300", "4 300"}) {
    f.pass(ShardRooms::kGrace);
    Reader& reader = f.ask_to_join("room");
    f.link.confirm("p.client.room");
    f.link.answer("position", BrokerFixture::position("e", 3, {}, bounds));
    f.turn();
    f.turn();
    f.hub->leave(reader, f.now());
    f.turn();
  }
  CHECK_EQ(f.reports.size(), 1u);
  CHECK_EQ(
      f.reports.at(0),
      "room \"room\" had another history-size or history-age when it was last published into (\"4 300\" messages and "
      "seconds, here 5 300): if servers differ, the smaller one counts for all");
}

TEST(payloads_that_wait_for_an_answer_are_not_without_bounds) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 0);
  f.push("room", "e", 2, "x");
  for (uint64_t offset = 3; offset <= RoomWatch::kMostHeld + 10; ++offset) f.push("room", "e", offset, "x");
  f.link.answer("position", BrokerFixture::position("e", 2, {{1, "one"}, {2, "x"}}));
  // What was dropped is asked for again.
  CHECK_EQ(f.link.call("position").arguments.at(6), "2");
  CHECK_EQ(f.got(reader), "room:1:one;room:2:x;");
}

TEST(messages_that_are_not_taken_keep_their_order_beside_those_that_come_meanwhile) {
  BrokerFixture f;
  f.connect();
  auto publish = [&](const char* bytes) { (void)f.broker->spread("room", Message{bytes}, 1'000'000, f.now()); };
  RedisReply early = array({integer(0), text(""), integer(3)});
  for (const char* bytes : {"one", "two", "three"}) publish(bytes);
  f.link.answer("publish", early);
  publish("four");
  f.link.answer("publish", early);
  f.link.answer("publish", early);
  for (const char* bytes : {"one", "two", "three", "four"}) {
    CHECK(f.link.call("publish").arguments.at(0).find(bytes) != std::string::npos);
    f.link.answer("publish", array({integer(1), text("e"), integer(0)}));
  }
}
