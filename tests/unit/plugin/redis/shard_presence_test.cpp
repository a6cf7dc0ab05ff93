// What a node tells a Redis server about its members, again and again. The test plays the server.
#include "redis/shard_presence.h"

#include "redis/client_info.h"
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

// What is published into a room, and was not answered.
std::string published(BrokerFixture& f, const std::string& room = "room") {
  std::string all;
  for (const ScriptedLink::Call& call : f.link.calls)
    if (call.name == "PUBLISH" && call.words.at(0) == "p.client." + room) all += call.words.at(1).substr(0, 5) + " ";
  return all;
}

// Another node, or this one, announces a member of this node.
void announce(BrokerFixture& f, const std::string& room, std::string_view mark, Reader& reader) {
  f.link.push("p.client." + room,
              std::string(mark).append(client_info_on(*reader.identity(), f.broker->peers().uid())));
}

// Others were told that these members had left while the node was cut off.
void come_back_missed(BrokerFixture& f, const std::vector<std::string>& clients) {
  f.link.go_down();
  f.connect();
  std::vector<RedisReply> named;
  for (const std::string& client : clients) named.push_back(text(client));
  f.link.answer("presence_add", array(std::move(named)));
  f.turn();
}

// The room's readers have all that was said.
void catch_up(BrokerFixture& f, const std::string& room = "room") {
  f.link.confirm("p.client." + room);
  if (f.link.has("position")) f.link.answer("position", BrokerFixture::position("e", 0));
  f.turn();
}

// A member comes back to the room that it has left a moment ago, as the same client.
void come_again(BrokerFixture& f, Reader& before) {
  Reader& again = f.readers.emplace_back(kMember, before.identity());
  f.hub->join(again, {"room"}, f.now()).then(f.lifetime, [](Status) {});
  f.turn();
}

}  // namespace

TEST(after_a_reconnection_the_other_nodes_have_time_to_say_their_members_again) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  f.link.go_down();
  f.pass(Time{80'000'000});
  f.connect();
  CHECK(f.link.has("presence_add"));
  f.pass(ShardPresence::kOthersFirst - 1);
  CHECK(!f.link.has("presence_expire"));
  f.pass(1);
  CHECK(f.link.has("presence_expire"));
}

TEST(a_member_that_was_told_to_have_left_while_its_node_was_cut_off_is_announced_again) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  f.join("room");
  come_back_missed(f, {"c2"});
  catch_up(f);
  CHECK_EQ(published(f), "__j__ ");
}

TEST(it_is_announced_once) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  come_back_missed(f, {"c1"});
  catch_up(f);
  f.hub->leave(reader, f.now(), Departure::kMayReturn);
  come_again(f, reader);
  f.link.answer("presence_add", integer(0));
  f.pass(ShardPresence::kOweFor);
  CHECK_EQ(published(f), "__j__ ");
}

TEST(it_is_not_announced_before_its_node_knows_if_it_stays) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  come_back_missed(f, {"c1"});
  CHECK_EQ(published(f), "");
  CHECK(f.broker->due() <= f.now() + ShardPresence::kOweFor);
  f.pass(ShardPresence::kOweFor);
  CHECK_EQ(published(f), "__j__ ");
}

TEST(a_member_that_leaves_before_it_is_announced_again_is_not_announced_at_all) {
  BrokerFixture f;
  f.connect();
  f.join("none:a", "e", 0, kPlain);
  f.join("none:a", "e", 0, kPlain);
  come_back_missed(f, {"c1"});
  // The room has no messages that could be read: whoever was there is told of a gap.
  catch_up(f, "none:a");
  CHECK(f.readers[0].why == Status::kGap);
  for (int i = 0; i < 2; ++i) f.link.answer("presence_remove", integer(1));
  f.pass(ShardPresence::kOweFor);
  CHECK_EQ(published(f, "none:a"), "__l__ ");
}

TEST(a_member_that_comes_again_before_it_is_announced_again_is_announced_once) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  come_back_missed(f, {"c1"});
  f.hub->leave(reader, f.now(), Departure::kMayReturn);
  come_again(f, reader);
  catch_up(f);
  f.turn();
  f.link.answer("presence_add", integer(0));
  f.pass(ShardPresence::kOweFor);
  CHECK_EQ(published(f), "__j__ ");
}

TEST(readers_do_not_hear_what_others_were_told_of_members_of_their_own_node) {
  BrokerFixture f;
  f.connect();
  Reader& watcher = f.join("room", "e", 0, kWatcher);
  Reader& member = f.join("room");
  announce(f, "room", "__j__", member);
  CHECK_EQ(f.got(watcher), "+" + member.identity()->json);
  announce(f, "room", "__l__", member);
  announce(f, "room", "__j__", member);
  CHECK_EQ(f.got(watcher), "");
  f.hub->leave(member, f.now());
  f.link.answer("presence_remove", integer(1));
  announce(f, "room", "__l__", member);
  CHECK_EQ(f.got(watcher), "-" + member.identity()->json);
}

TEST(readers_hear_of_a_member_that_goes_and_comes_again) {
  BrokerFixture f;
  f.connect();
  Reader& watcher = f.join("room", "e", 0, kWatcher);
  Reader& member = f.join("room");
  announce(f, "room", "__j__", member);
  f.got(watcher);
  f.hub->leave(member, f.now());
  come_again(f, member);
  f.link.answer("presence_remove", integer(1));
  f.link.answer("presence_add", integer(1));
  CHECK_EQ(published(f), "__l__ __j__ ");
  announce(f, "room", "__l__", member);
  announce(f, "room", "__j__", member);
  CHECK_EQ(f.got(watcher), "-" + member.identity()->json + "+" + member.identity()->json);
}

TEST(a_member_that_comes_again_after_redis_has_lost_it_is_not_announced_again) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.hub->leave(reader, f.now(), Departure::kMayReturn);
  come_again(f, reader);
  CHECK_EQ(f.link.call("presence_add").arguments.at(3), "line");
  f.link.answer("presence_add", integer(-1));
  CHECK_EQ(published(f), "");
}

TEST(a_member_that_redis_has_refused_to_take_again_is_not_announced_again) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.link.go_down();
  f.connect();
  f.link.answer("presence_add", error("OOM command not allowed"));
  f.hub->leave(reader, f.now(), Departure::kMayReturn);
  come_again(f, reader);
  catch_up(f);
  f.turn();
  CHECK(f.link.call("presence_add").arguments.at(3) != "line");
  f.link.answer("presence_add", integer(-1));
  CHECK_EQ(published(f), "");
}

TEST(a_member_that_has_left_through_another_node_and_comes_again_is_announced_again) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.hub->leave(reader, f.now(), Departure::kMayReturn);
  come_again(f, reader);
  f.link.answer("presence_add", integer(1));
  CHECK_EQ(published(f), "__j__ ");
}

TEST(who_comes_for_the_first_time_after_redis_has_lost_everything_is_announced) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  f.ask_to_join("room");
  f.link.answer("presence_add", integer(-1));
  CHECK_EQ(published(f), "__j__ ");
}

TEST(a_member_that_leaves_after_redis_has_lost_it_is_announced_all_the_same) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.hub->leave(reader, f.now());
  CHECK_EQ(f.link.call("presence_remove").arguments.at(0), "line");
  f.link.answer("presence_remove", integer(-1));
  CHECK_EQ(published(f), "__l__ ");
}

TEST(a_member_whose_leave_may_be_lost_leaves_again_and_is_announced) {
  BrokerFixture f;
  f.connect();
  f.hub->leave(f.join("room"), f.now());
  f.link.go_down();
  f.connect();
  CHECK(f.link.call("presence_remove").arguments.at(0) != "line");
  f.link.answer("presence_remove", integer(-1));
  CHECK_EQ(published(f), "__l__ ");
}

TEST(a_member_that_has_come_again_does_not_leave_again) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  Reader& reader = f.join("room");
  f.hub->leave(reader, f.now());
  come_again(f, reader);
  CHECK(f.link.has("presence_add"));
  f.link.go_down();
  f.connect();
  CHECK(!f.link.has("presence_remove"));
  f.link.answer("presence_add", array({}));
  catch_up(f);
  CHECK_EQ(published(f), "");
}

TEST(a_member_that_leaves_and_has_left_through_another_node_is_not_announced) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room");
  f.hub->leave(reader, f.now());
  f.link.answer("presence_remove", integer(0));
  CHECK_EQ(published(f), "");
}

TEST(a_member_that_redis_lacks_and_nobody_was_told_of_is_not_announced_again) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  f.link.go_down();
  f.connect();
  f.link.answer("presence_add", array({}));
  catch_up(f);
  CHECK_EQ(published(f), "");
}
