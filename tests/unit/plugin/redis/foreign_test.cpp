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
