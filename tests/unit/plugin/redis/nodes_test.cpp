// What nodes tell each other: orders, and which servers they have.
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

constexpr char kDenied[] = "NOPERM this user has no permissions to run the 'publish' command";

struct Fixture final : BrokerFixture, Peers::Self {
  Fixture() {
    broker->peers().attach(*this);
    connect();
    turn();
    while (link.has("PUBLISH")) link.answer("PUBLISH", integer(1));
  }

  NodeFacts facts(Time) override { return {}; }
  void obey(std::string_view, std::string_view, Time) override {}
  std::optional<RoomCounts> rooms(std::string_view) override { return {}; }

  void order() {
    told.reset();
    broker->peers().tell("disconnect", R"({"user":"u"})", now()).then(lifetime, [this](bool is) { told = is; });
  }
  void say(std::string_view uid, std::string_view servers) {
    NodeAnnouncement announcement{uid};
    std::string name = "name of " + std::string(uid);
    announcement.name = name;
    announcement.servers = servers;
    hear({uid, announcement});
  }

  std::optional<bool> told;
};

}  // namespace

TEST(an_order_is_told_when_the_server_has_taken_it) {
  Fixture f;
  f.order();
  CHECK(!f.told);
  f.link.answer("PUBLISH", integer(2));
  CHECK_EQ(f.told.value(), true);
  CHECK_EQ(f.reports.size(), 0u);
}

TEST(an_order_that_the_server_refuses_is_not_told_and_the_log_has_the_command) {
  Fixture f;
  f.order();
  f.link.answer("PUBLISH", error(kDenied));
  CHECK_EQ(f.told.value(), false);
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(f.reports.at(0).find("refuses PUBLISH (\"NOPERM ") != std::string::npos);
  CHECK_EQ(f.broker->counters().errors, 1u);
}

TEST(an_order_without_an_answer_in_time_is_not_told) {
  Fixture f;
  f.order();
  f.pass(RedisPeers::kPatience - 1);
  CHECK(!f.told);
  CHECK(f.broker->due() <= f.now() + 1);
  f.pass(1);
  CHECK_EQ(f.told.value(), false);
}

TEST(an_order_whose_connection_is_lost_is_not_told) {
  Fixture f;
  f.order();
  f.link.go_down();
  CHECK_EQ(f.told.value(), false);
  f.order();
  CHECK_EQ(f.told.value(), false);
}

TEST(a_node_that_may_not_publish_is_not_usable_until_it_may) {
  Fixture f;
  for (int i = 0; i < 12; ++i) {
    f.pass(1'000'000);
    while (f.link.has("SET")) f.link.answer("SET", text("OK"));
    while (f.link.has("PUBLISH")) f.link.answer("PUBLISH", error(kDenied));
  }
  CHECK(f.broker->failure(f.now()).find("refuses PUBLISH") != std::string::npos);
  CHECK_EQ(f.reports.size(), 1u);
  for (int i = 0; i < 6; ++i) {
    f.pass(1'000'000);
    while (f.link.has("SET")) f.link.answer("SET", text("OK"));
    while (f.link.has("PUBLISH")) f.link.answer("PUBLISH", integer(1));
  }
  f.turn();
  CHECK_EQ(f.broker->failure(f.now()), "");
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(another_list_of_servers_at_other_nodes_is_told_once) {
  Fixture f;
  f.broker->peers().has_servers("aa");
  f.say("same", "aa");
  f.say("centrifugo", "");
  CHECK_EQ(f.reports.size(), 0u);
  for (const char* node : {"one", "two", "one"}) f.say(node, "bb");
  CHECK_EQ(f.reports.size(), 1u);
  CHECK(f.reports.at(0).find("node \"name of one\" (\"one\") has other Redis servers") == 0);
  f.say("three", "cc");
  CHECK_EQ(f.reports.size(), 2u);
}

TEST(a_node_says_which_servers_it_has) {
  Fixture f;
  f.broker->peers().has_servers("aa");
  f.pass(RedisPeers::kSayAgain);
  ControlCommand said;
  CHECK(read_control(f.link.call("PUBLISH").words.at(1), said));
  CHECK_EQ(std::get<NodeAnnouncement>(said.body).servers, "aa");
}
