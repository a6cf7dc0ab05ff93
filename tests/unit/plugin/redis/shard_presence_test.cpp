// What a node tells a Redis server about its members, again and again. The test plays the server.
#include "redis/shard_presence.h"

#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

// What is published into a room, and was not answered.
std::string published(BrokerFixture& f) {
  std::string all;
  for (const ScriptedLink::Call& call : f.link.calls)
    if (call.name == "PUBLISH" && call.words.at(0) == "p.client.room") all += call.words.at(1).substr(0, 5) + " ";
  return all;
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
  f.link.go_down();
  f.connect();
  f.link.answer("presence_add", array({text("c2")}));
  CHECK_EQ(published(f), "__j__ ");
}

TEST(a_member_that_redis_lacks_and_nobody_was_told_of_is_not_announced_again) {
  BrokerFixture f;
  f.connect();
  f.join("room");
  f.link.go_down();
  f.connect();
  f.link.answer("presence_add", array({}));
  CHECK_EQ(published(f), "");
}
