// What others bring into rooms through Redis, and this node does not believe or does not show. The test plays the
// server.
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

// A node whose own messages have 10 bytes at most.
struct Narrow : BrokerFixture {
  Narrow() {
    broker->show(10);
    broker->show(5);
    connect();
  }
};

const std::string kLarge(11, 'x');

// A room's position, with entries of its stream, as their ids and texts. Without a text an entry has another field.
RedisReply position(uint64_t top, const std::vector<std::pair<std::string, std::string>>& entries) {
  std::vector<RedisReply> items;
  for (const auto& [id, bytes] : entries) {
    std::string field = bytes.empty() ? "x" : "d";
    items.push_back(array({text(id), array({text(field), text(BrokerFixture::publication(bytes))})}));
  }
  return array(
      {integer(static_cast<int64_t>(top)), text("e"), text(entries.front().first), array(items), text(""), text("")});
}

// A reader joins a room whose position is this.
Reader& join_at(BrokerFixture& f, const RedisReply& position) {
  f.connect();
  Reader& reader = f.ask_to_join("room");
  f.link.confirm("p.client.room");
  f.link.answer("position", position);
  f.turn();
  CHECK(f.joined.at(0) == Status::kOk);
  return reader;
}

// The time has come to compare the room with Redis.
void compare(BrokerFixture& f, const RedisReply& position) {
  f.pass(ShardRooms::kCompareAfter);
  f.link.answer("position", position);
  f.turn();
}

}  // namespace

TEST(a_far_position_that_redis_does_not_have_is_foreign) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.push("room", "e", 1'000'000, "forged");
  f.link.answer("position", BrokerFixture::position("e", 3, {{3, "three"}}));
  CHECK(f.link.calls.empty());
  f.push("room", "e", 4, "four");
  CHECK_EQ(f.got(reader), "room:4:four;");
  CHECK_EQ(f.broker->counters().foreign, 1u);
  CHECK_EQ(f.broker->counters().renewals, 0u);
}

TEST(a_message_that_is_larger_than_this_node_permits_is_a_gap) {
  Narrow f;
  Reader& reader = f.join("room", "e", 3);
  f.push("room", "e", 4, kLarge);
  CHECK(reader.why == Status::kOk);
  f.link.answer("position", BrokerFixture::position("e", 4, {{3, "three"}, {4, kLarge}}));
  CHECK(reader.why == Status::kGap);
  CHECK_EQ(f.got(reader), "");
  CHECK_EQ(f.broker->counters().foreign, 1u);
}

TEST(a_message_of_the_largest_size_is_shown) {
  Narrow f;
  Reader& reader = f.join("room", "e", 3);
  f.push("room", "e", 4, kLarge.substr(1));
  CHECK_EQ(f.got(reader), "room:4:" + kLarge.substr(1) + ";");
}

TEST(a_large_message_that_nobody_keeps_is_told_too) {
  Narrow f;
  Reader& member = f.join("room", "e", 3);
  Reader& other = f.join("none:room");
  f.push_unkept("room", kLarge);
  f.push_unkept("none:room", kLarge);
  CHECK(member.why == Status::kGap);
  CHECK(other.why == Status::kGap);
  CHECK_EQ(f.broker->counters().foreign, 2u);
}

TEST(a_room_begins_behind_a_large_message) {
  Narrow f;
  Reader& reader = f.ask_to_join("room");
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 3, {{1, "one"}, {2, kLarge}, {3, "three"}}));
  f.turn();
  CHECK_EQ(reader.room()->history().first(), 3u);
  CHECK_EQ(reader.room()->history().top(), 3u);
}

TEST(entries_that_cannot_be_shown_are_read_once) {
  Narrow f;
  Reader& reader = f.ask_to_join("room");
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 3, {{1, kLarge}, {2, kLarge}}));
  CHECK_EQ(f.link.call("position").arguments.at(6), "3");
  f.link.answer("position", BrokerFixture::position("e", 3, {{3, kLarge}}));
  f.turn();
  CHECK(f.joined.at(0) == Status::kOk);
  CHECK_EQ(reader.room()->history().top(), 3u);
}

TEST(a_room_can_be_joined_although_its_stream_has_entries_of_somebody_else) {
  BrokerFixture f;
  const Reader& reader = join_at(
      f, position(3, {{"0-7", "x"}, {"1-0", "one"}, {"1-1", "x"}, {"2-0", "two"}, {"3-0", "three"}, {"99-0", "x"}}));
  CHECK_EQ(reader.room()->history().first(), 1u);
  CHECK_EQ(reader.room()->history().top(), 3u);
  CHECK_EQ(f.broker->counters().foreign, 3u);
  CHECK_EQ(f.broker->counters().errors, 0u);
  CHECK_EQ(f.reports.size(), 0u);
}

TEST(a_room_begins_behind_an_entry_without_data) {
  BrokerFixture f;
  const Reader& reader = join_at(f, position(3, {{"1-0", "one"}, {"2-0", ""}, {"3-0", "three"}}));
  CHECK_EQ(reader.room()->history().first(), 3u);
  CHECK_EQ(f.broker->counters().foreign, 1u);
}

TEST(a_room_begins_behind_a_message_that_has_another_one_beside_its_place_only) {
  BrokerFixture f;
  const Reader& reader = join_at(f, position(3, {{"1-0", "one"}, {"2-5", "x"}, {"3-0", "three"}}));
  CHECK_EQ(reader.room()->history().first(), 3u);
}

TEST(messages_behind_many_entries_of_somebody_else_are_read) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.ask_to_join("room");
  f.link.confirm("p.client.room");
  f.link.answer("position", position(3, {{"1-1", "x"}, {"1-2", "x"}}));
  CHECK_EQ(f.link.call("position").arguments.at(6), "2");
  f.link.answer("position", position(3, {{"2-0", "two"}, {"3-0", "three"}}));
  f.turn();
  CHECK_EQ(reader.room()->history().first(), 2u);
}

TEST(entries_of_somebody_else_behind_a_room_are_no_gap) {
  BrokerFixture f;
  Reader& reader = join_at(f, position(1, {{"1-0", "one"}}));
  for (int i = 0; i < 3; ++i) compare(f, position(1, {{"1-0", "one"}, {"1-1", "x"}, {"1700000000000-0", "x"}}));
  f.push("room", "e", 2, "two");
  CHECK_EQ(f.got(reader), "room:2:two;");
  CHECK_EQ(f.broker->counters().gaps, 0u);
  CHECK_EQ(f.broker->counters().renewals, 0u);
}

TEST(a_missing_message_with_another_one_beside_its_place_is_a_gap) {
  BrokerFixture f;
  const Reader& reader = join_at(f, position(1, {{"1-0", "one"}}));
  f.push("room", "e", 3, "three");
  f.link.answer("position", position(3, {{"1-0", "one"}, {"2-1", "x"}, {"3-0", "three"}}));
  CHECK(reader.why == Status::kGap);
  CHECK_EQ(f.broker->counters().gaps, 1u);
}
