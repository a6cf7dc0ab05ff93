// What a Redis server has lost, as nodes notice and tell it. The test plays the server.
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

RedisReply published(int64_t offset) { return array({integer(offset), text("e"), integer(0)}); }

void publish(BrokerFixture& f, const std::string& room) {
  (void)f.broker->spread(room, Message{"x"}, 1'000'000, f.now());
}

// Revoked tokens that a node knows.
struct Revoked final : SharedRevocations::Reader {
  bool learn(const Revocation&) override { return false; }
  void each(const std::function<void(const Revocation&)>& take) const override {
    take({false, "token", 2'000'000'000, 0});
  }
};

}  // namespace

TEST(a_server_that_has_lost_everything_is_noticed_soon) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 3);
  f.pass(ServerLine::kLookAgain);
  CHECK_EQ(f.link.call("HGET").words.at(0), "p.lineage");
  f.link.answer("HGET", RedisReply{});
  CHECK(f.link.has("begin"));
  f.link.answer("position", BrokerFixture::position("other", 0));
  CHECK(reader.why == Status::kGap);
}

TEST(a_server_that_knows_its_line_has_lost_nothing) {
  BrokerFixture f;
  f.connect();
  f.join("room", "e", 3);
  f.pass(ServerLine::kLookAgain);
  f.link.answer("HGET", text("line"));
  CHECK(f.link.calls.empty());
}

TEST(what_a_server_has_lost_is_one_line_and_counts_for_each_room) {
  BrokerFixture f;
  f.connect();
  for (const char* room : {"a", "b", "c"}) f.join(room, "e", 3);
  f.link.go_down();
  f.link.go_up("other");
  f.link.answer("begin", text("other line"));
  while (!f.link.subscribed.empty()) f.link.confirm();
  for (int i = 0; i < 3; ++i) {
    f.pass(Losses::kQuiet / 2);
    f.link.answer("position", BrokerFixture::position("other", 0));
  }
  CHECK_EQ(f.broker->counters().renewals, 3u);
  CHECK(f.reports.empty());
  f.pass(Losses::kQuiet);
  CHECK_EQ(f.reports.size(), 1u);
  CHECK_EQ(f.reports.at(0),
           "Redis at 10.0.0.5:6379 has lost messages, or is another one than before: 3 rooms of this node began a new "
           "epoch");
}

TEST(a_loss_that_concerns_no_room_is_not_told) {
  BrokerFixture f;
  f.connect();
  f.link.go_down();
  f.link.go_up("other");
  f.link.answer("begin", text("other line"));
  f.pass(Losses::kLongest);
  CHECK(f.reports.empty());
}

TEST(a_loss_that_a_message_shows_before_the_line_does_is_told_once) {
  BrokerFixture f;
  f.connect();
  f.join("busy", "e", 3);
  f.join("quiet", "e", 3);
  f.push("busy", "other", 1, "x");
  f.link.answer("position", BrokerFixture::position("other", 1));
  f.pass(ServerLine::kLookAgain);
  f.link.answer("HGET", RedisReply{});
  f.link.answer("begin", text("other line"));
  while (f.link.has("position")) f.link.answer("position", BrokerFixture::position("other", 0));
  f.pass(Losses::kQuiet);
  f.pass(Losses::kLongest);
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(f.reports.at(0).find("2 rooms") != std::string::npos);
}

TEST(a_server_that_is_as_before_is_not_told) {
  BrokerFixture f;
  f.connect();
  f.link.go_down();
  f.link.go_up("other");
  f.link.answer("begin", text("line"));
  f.pass(Losses::kLongest);
  CHECK(f.reports.empty());
}

TEST(revoked_tokens_go_back_to_a_server_that_has_lost_them) {
  BrokerFixture f;
  Revoked known;
  f.broker->revocations().attach(known);
  f.connect();
  RedisReply none = array({text("0"), array({})});
  auto gives_back = [&] {
    while (f.link.has("revoke")) f.link.answer("revoke", integer(1));
    f.link.answer("HSCAN", none);
    return f.link.call("revoke").arguments.at(1);
  };
  CHECK_EQ(gives_back(), "ttoken");
  f.pass(ServerLine::kLookAgain);
  f.link.answer("HGET", RedisReply{});
  CHECK_EQ(gives_back(), "ttoken");
}

TEST(revoked_tokens_are_read_again_soon_after_the_first_time) {
  BrokerFixture f;
  Revoked known;
  f.broker->revocations().attach(known);
  f.connect();
  f.link.answer("HSCAN", array({text("0"), array({})}));
  f.pass(ShardRevocations::kReadSoon);
  CHECK(f.link.has("HSCAN"));
}

TEST(what_a_server_has_answered_lately_is_checked_after_its_restart_before_anything_is_published) {
  BrokerFixture f;
  f.connect();
  publish(f, "room");
  f.link.answer("publish", published(7));
  f.link.go_down();
  publish(f, "room");
  f.link.go_up("other");
  f.link.answer("begin", text("line"));
  CHECK_EQ(f.link.calls.at(0).name, "check");
  CHECK_EQ(f.link.calls.at(0).arguments.at(1), "7");
  CHECK(f.link.has("publish"));
  f.link.answer("check", integer(1));
  CHECK_EQ(f.broker->counters().renewals, 1u);
}

TEST(readers_of_a_room_that_lacks_an_answered_message_are_told_at_once) {
  BrokerFixture f;
  f.connect();
  Reader& reader = f.join("room", "e", 6);
  publish(f, "room");
  f.link.answer("publish", published(7));
  f.link.go_down();
  f.connect("other");
  f.link.confirm();
  f.link.answer("position", BrokerFixture::position("e", 6));
  f.link.answer("check", integer(1));
  f.link.answer("position", BrokerFixture::position("new", 6));
  CHECK(reader.why == Status::kGap);
}

TEST(answers_are_not_checked_after_a_connection_to_the_same_server_was_lost) {
  BrokerFixture f;
  f.connect();
  publish(f, "room");
  f.link.answer("publish", published(7));
  f.link.go_down();
  f.connect();
  CHECK(!f.link.has("check"));
}

TEST(answers_of_long_ago_are_not_checked) {
  BrokerFixture f;
  f.connect();
  publish(f, "room");
  f.link.answer("publish", published(7));
  f.pass(RecentAnswers::kRemembered + 1);
  f.link.go_down();
  f.connect("other");
  CHECK(!f.link.has("check"));
}

TEST(a_publication_says_where_the_node_knows_the_room) {
  BrokerFixture f;
  f.connect();
  f.join("room", "e", 6);
  publish(f, "room");
  publish(f, "unread");
  CHECK_EQ(f.link.call("publish").arguments.at(17), "e");
  CHECK_EQ(f.link.call("publish").arguments.at(18), "6");
  f.link.answer("publish", published(7));
  CHECK_EQ(f.link.call("publish").arguments.at(17), "");
}
