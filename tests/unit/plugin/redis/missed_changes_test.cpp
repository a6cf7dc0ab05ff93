// Joins and leaves that Redis has announced and this node has not heard. The test plays the server.
#include "redis/client_info.h"
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

// The room is read, and Redis has announced so much in it.
void read_room(BrokerFixture& f, std::string_view last_change, std::string_view epoch = "e") {
  f.link.answer("position", BrokerFixture::position(epoch, 0, {}, {}, last_change));
  f.turn();
}

Reader& join_at(BrokerFixture& f, std::string_view last_change, KindId kind = kWatcher) {
  Reader& reader = f.ask_to_join("room", kind);
  if (!f.link.subscribed.empty()) f.link.confirm();
  if (f.link.has("position")) read_room(f, last_change);
  f.turn();
  while (f.link.has("presence_add")) f.link.answer("presence_add", integer(0));
  return reader;
}

// Somebody comes on another node. `numbers` are those before and of the announcement; empty: a node of another kind.
void come_elsewhere(BrokerFixture& f, const std::string& numbers, const std::string& room = "room") {
  std::string payload = "__j__";
  append_client_info(payload, R"({"user":"u","client":"far"})");
  if (!numbers.empty()) payload.append("\x9a\x3f").append(1, static_cast<char>(numbers.size())).append(numbers);
  f.link.push("p.client." + room, payload);
}

// The node hears nothing for a moment.
void reconnect(BrokerFixture& f) {
  f.link.go_down();
  f.connect();
  f.link.confirm("p.client.room");
}

// What was announced before has come.
void confirm(BrokerFixture& f) {
  f.link.confirm("p.client.room");
  f.turn();
}

const char kFar[] = R"(+{"user":"u","client":"far"})";

}  // namespace

TEST(readers_hear_of_changes_one_after_the_other) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  come_elsewhere(f, "70 71");
  come_elsewhere(f, "71 72");
  CHECK_EQ(f.got(reader), std::string(kFar) + kFar);
  CHECK(reader.why == Status::kOk);
  CHECK_EQ(f.broker->counters().change_gaps, 0u);
}

TEST(readers_are_told_of_a_gap_if_the_node_did_not_hear_of_a_change_while_it_was_away) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  reconnect(f);
  read_room(f, "71");
  CHECK(reader.why == Status::kOk);
  confirm(f);
  CHECK(reader.why == Status::kGap);
  CHECK_EQ(f.broker->counters().change_gaps, 1u);
  CHECK_EQ(f.broker->counters().gaps, 0u);
}

TEST(the_next_change_shows_that_one_was_missed) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  reconnect(f);
  come_elsewhere(f, "71 72");
  read_room(f, "72");
  CHECK(reader.why == Status::kGap);
}

TEST(readers_stay_if_nothing_was_announced_while_the_node_was_away) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  reconnect(f);
  come_elsewhere(f, "70 71");
  read_room(f, "71");
  CHECK(f.link.subscribed.empty());
  CHECK(reader.why == Status::kOk);
  CHECK_EQ(f.got(reader), kFar);
}

TEST(a_change_that_is_on_its_way_when_positions_are_compared_is_not_missed) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  f.pass(ShardRooms::kCompareAfter);
  read_room(f, "71");
  come_elsewhere(f, "70 71");
  come_elsewhere(f, "71 72");
  confirm(f);
  CHECK(reader.why == Status::kOk);
  CHECK_EQ(f.got(reader), std::string(kFar) + kFar);
}

TEST(changes_that_waited_while_the_room_was_read_are_heard) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  f.pass(ShardRooms::kCompareAfter);
  come_elsewhere(f, "70 71");
  come_elsewhere(f, "71 72");
  read_room(f, "71");
  CHECK(f.link.subscribed.empty());
  CHECK(reader.why == Status::kOk);
}

TEST(a_change_from_before_the_room_began_here_is_not_missed) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.ask_to_join("room", kWatcher);
  f.link.confirm();
  come_elsewhere(f, "69 70");
  read_room(f, "71");
  come_elsewhere(f, "70 71");
  come_elsewhere(f, "71 72");
  CHECK(reader.why == Status::kOk);
  CHECK_EQ(f.broker->counters().change_gaps, 0u);
}

TEST(readers_who_are_not_told_who_comes_and_goes_stay) {
  BrokerFixture f;
  f.connect();
  Reader& watcher = join_at(f, "70");
  Reader& plain = join_at(f, "70", kPlain);
  Reader& member = join_at(f, "70", kMember);
  come_elsewhere(f, "71 72");
  CHECK(watcher.why == Status::kGap);
  CHECK(plain.why == Status::kOk);
  CHECK(member.why == Status::kOk);
  f.push("room", "e", 1, "one");
  CHECK_EQ(f.got(member), "room:1:one;");
}

TEST(where_nobody_is_told_nothing_is_counted) {
  BrokerFixture f;
  f.connect();
  Reader& member = join_at(f, "70", kMember);
  come_elsewhere(f, "71 72");
  CHECK(member.why == Status::kOk);
  CHECK_EQ(f.broker->counters().change_gaps, 0u);
}

TEST(who_subscribes_again_hears_what_comes_next) {
  BrokerFixture f;
  f.connect();
  join_at(f, "70", kMember);  // the room stays
  Reader& before = join_at(f, "70");
  come_elsewhere(f, "71 72");
  CHECK(before.why == Status::kGap);
  Reader& again = f.readers.emplace_back(kWatcher, before.identity());
  f.hub->join(again, {"room"}, f.now()).then(f.lifetime, [](Status) {});
  f.turn();
  come_elsewhere(f, "72 73");
  CHECK_EQ(f.got(again), kFar);
  CHECK(again.why == Status::kOk);
}

TEST(announcements_without_numbers_are_passed_on) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "70");
  come_elsewhere(f, "");
  come_elsewhere(f, "70 71");
  come_elsewhere(f, "none");
  CHECK_EQ(f.got(reader), std::string(kFar) + kFar + kFar);
  CHECK(reader.why == Status::kOk);
}

TEST(rooms_without_a_stream_do_not_count) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("none:a", "e", 0, kWatcher);
  come_elsewhere(f, "70 71", "none:a");
  come_elsewhere(f, "72 73", "none:a");
  CHECK(reader.why == Status::kOk);
}

TEST(an_announcement_whose_answer_was_lost_takes_a_number_when_the_node_is_back) {
  BrokerFixture f;
  f.connect();
  Reader& reader = join_at(f, "");
  f.hub->leave(reader, f.now(), Departure::kFinal);
  f.pass(6'000'000);
  f.link.answer("presence_remove", integer(1));
  CHECK_EQ(f.link.call("announce").arguments.at(1).substr(0, 5), "__l__");
  f.link.go_down();
  f.connect();
  CHECK_EQ(f.link.call("announce").arguments.at(1), "");
  f.link.answer("announce", integer(0));
  f.link.go_down();
  f.connect();
  CHECK(!f.link.has("announce"));
}

TEST(a_member_whose_first_answer_was_lost_makes_readers_ask_who_is_there) {
  BrokerFixture f;
  f.connect();
  join_at(f, "");
  f.ask_to_join("room");
  CHECK(f.link.has("presence_add"));
  f.link.go_down();
  f.connect();
  CHECK_EQ(f.link.call("announce").words.at(0), "p.stream.meta.room");
  CHECK_EQ(f.link.call("announce").arguments.at(1), "");
}
