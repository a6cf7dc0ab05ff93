// Clients' sessions in a Redis server that the test plays.
#include "redis/client_info.h"
#include "redis/sha1.h"
#include "support/broker_fixture.h"
#include "support/unit.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

const std::string kKey = "session ann";
const std::string kPlace = "p.session." + sha1_hex(kKey);

RedisReply nil() { return {RedisReply::Kind::kNil}; }

// This node, and what happens to its sessions.
struct Fixture final : BrokerFixture, Peers::Self {
  Fixture() {
    broker->peers().attach(*this);
    connect();
    link.calls.clear();
  }
  NodeFacts facts(Time) override { return {}; }
  void obey(std::string_view, std::string_view, Time) override {}
  std::optional<RoomCounts> rooms(std::string_view) override { return RoomCounts(); }
  // As a session does that ends.
  void replaced(std::string_view client, Time now) override {
    over.emplace_back(client);
    hub->presence().depart(kKey, who, now + 5'000'000, now);
  }
  std::string here() const { return client_info_on(*who, broker->peers().uid()); }
  std::string elsewhere() const { return client_info_on(*who, "other"); }
  std::string nowhere() const { return client_info_on(*who, {}); }
  void arrive() { hub->presence().arrive(kKey, who, now()); }
  void arrive_alone() {
    arrive();
    link.answer("SET", nil());
  }
  void take_back() {
    hub->presence().take_back(kKey, now()).then(lifetime, [this](const IdentityPtr& found) {
      answered = true;
      back = found;
    });
  }
  void hear_that_it_is_taken(const std::string& key = kKey) {
    hear({"other", Notification{"lws-chat.session_taken", sha1_hex(key)}});
  }
  // The node says that the session is here, and Redis answers.
  void say(const RedisReply& answer) { link.answer("session_stay", answer); }
  void come_back() {
    link.go_down();
    link.go_up();
    turn();
  }

  IdentityPtr who = std::make_shared<Identity>(Identity{"c1", "u", R"({"user":"u","client":"c1"})"});
  std::vector<std::string> over;
  bool answered = false;
  IdentityPtr back;
};

std::string line(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : " ").append(word);
  return all;
}

}  // namespace

TEST(redis_knows_the_node_of_a_session_that_has_a_name) {
  Fixture f;
  f.arrive();
  CHECK_EQ(line(f.link.call("SET").words), kPlace + " " + f.here() + " EX 600 GET");
}

TEST(a_client_whose_session_is_on_another_node_is_the_same_client_and_that_node_is_told) {
  Fixture f;
  f.take_back();
  CHECK_EQ(line(f.link.call("GETDEL").words), kPlace);
  f.link.answer("GETDEL", text(f.elsewhere()));
  CHECK_EQ(f.back->json, f.who->json);
  CHECK_EQ(f.told("other"), "lws-chat.session_taken " + sha1_hex(kKey));
}

TEST(a_client_that_has_departed_is_the_same_client_and_nobody_is_told) {
  Fixture f;
  f.take_back();
  f.link.answer("GETDEL", text(f.nowhere()));
  CHECK_EQ(f.back->json, f.who->json);
  CHECK(!f.link.has("PUBLISH"));
}

TEST(of_two_nodes_that_ask_at_the_same_time_the_one_that_comes_first_is_told) {
  Fixture f;
  f.take_back();
  f.link.answer("GETDEL", nil());
  CHECK(f.answered && !f.back);
  f.arrive();
  f.link.answer("SET", text(f.elsewhere()));
  CHECK_EQ(f.told("other"), "lws-chat.session_taken " + sha1_hex(kKey));
}

TEST(a_session_that_another_node_has_taken_is_over_and_redis_keeps_what_that_node_has_said) {
  Fixture f;
  f.arrive_alone();
  f.hear_that_it_is_taken("session ben");
  CHECK(f.link.calls.empty());
  f.hear_that_it_is_taken();
  f.say(text(f.elsewhere()));
  CHECK(f.over.empty());
  f.link.answer("PUBLISH", integer(1));
  f.hear_that_it_is_taken();
  f.say(text(f.elsewhere()));
  CHECK_EQ(line(f.over), "c1");
  f.hear_that_it_is_taken();
  CHECK_EQ(line(f.over), "c1");
  CHECK(f.link.calls.empty());
}

TEST(a_session_that_has_come_back_meanwhile_stays_and_the_other_node_is_told) {
  Fixture f;
  f.arrive_alone();
  f.hear_that_it_is_taken();
  f.say(integer(1));
  CHECK(f.over.empty());
  CHECK_EQ(f.told("other"), "lws-chat.session_taken " + sha1_hex(kKey));
}

TEST(a_client_that_departs_may_come_back_unless_it_already_has) {
  Fixture f;
  f.arrive_alone();
  f.hub->presence().depart(kKey, f.who, f.now() + 5'000'000, f.now());
  CHECK_EQ(line(f.link.call("session_go").words), kPlace);
  CHECK_EQ(line(f.link.call("session_go").arguments), f.here() + " " + f.nowhere() + " 5001");
}

TEST(a_session_that_is_over_is_forgotten) {
  Fixture f;
  f.arrive_alone();
  f.hub->presence().end(kKey);
  CHECK_EQ(line(f.link.call("session_go").arguments), f.here() + "  1");
}

TEST(a_session_that_was_taken_while_the_node_was_cut_off_is_over_when_the_node_is_back) {
  Fixture f;
  f.arrive_alone();
  f.come_back();
  CHECK_EQ(line(f.link.call("session_stay").arguments), f.here() + " 600 ");
  f.say(text(f.elsewhere()));
  CHECK(f.over.empty());
  CHECK_EQ(f.told("other"), "lws-chat.session_taken " + sha1_hex(kKey));
  f.hear_that_it_is_taken();
  f.say(text(f.elsewhere()));
  CHECK_EQ(line(f.over), "c1");
}

TEST(a_session_stays_if_the_node_that_redis_names_does_not_say_that_it_has_it) {
  Fixture f;
  f.arrive_alone();
  f.come_back();
  f.say(text(f.elsewhere()));
  for (Time time = 0; time < ShardSessions::kProof; time += ShardSessions::kAskAgain) {
    CHECK(!f.link.has("SET"));
    f.pass(ShardSessions::kAskAgain);
    f.say(text(f.elsewhere()));
  }
  CHECK_EQ(line(f.link.call("SET").words), kPlace + " " + f.here() + " EX 600 GET");
  CHECK(f.over.empty());
}

TEST(a_session_stays_where_it_has_come_if_its_former_connection_ended_later) {
  Fixture f;
  f.arrive_alone();
  f.come_back();
  f.say(text(f.nowhere()));
  CHECK_EQ(line(f.link.call("session_stay").arguments), f.here() + " 600 " + f.nowhere());
  f.say(integer(1));
  CHECK(f.over.empty());
}

TEST(a_session_that_has_come_while_redis_was_away_comes_when_redis_is_back) {
  Fixture f;
  f.link.go_down();
  f.arrive();
  f.link.go_up();
  f.turn();
  CHECK(!f.link.has("session_stay"));
  f.link.answer("SET", text(f.elsewhere()));
  CHECK_EQ(f.told("other"), "lws-chat.session_taken " + sha1_hex(kKey));
  CHECK(f.over.empty());
}

TEST(a_session_that_is_over_when_redis_answers_tells_nobody) {
  Fixture f;
  f.arrive();
  f.hub->presence().end(kKey);
  f.link.answer("SET", text(f.elsewhere()));
  CHECK(!f.link.has("PUBLISH"));
}

TEST(a_session_is_said_again_before_redis_forgets_it) {
  Fixture f;
  f.arrive_alone();
  f.pass(ShardSessions::kSayAgain - 1);
  CHECK(!f.link.has("session_stay"));
  f.pass(1);
  f.link.answer("session_stay", integer(1));
  f.pass(ShardSessions::kSayAgain);
  CHECK(f.link.has("session_stay"));
  CHECK(f.over.empty());
}

TEST(a_session_that_has_come_again_is_not_over_because_of_the_one_before) {
  Fixture f;
  f.arrive_alone();
  f.pass(ShardSessions::kSayAgain);
  f.hub->presence().end(kKey);
  f.who = std::make_shared<Identity>(*f.who);
  f.arrive();
  f.link.answer("session_stay", text(f.elsewhere()));
  CHECK(f.over.empty());
}

TEST(without_redis_a_client_that_was_here_is_the_same_client) {
  Fixture f;
  f.hub->presence().depart(kKey, f.who, f.now() + 5'000'000, f.now());
  f.link.go_down();
  f.take_back();
  CHECK(f.back == f.who);
}

TEST(whoever_asks_waits_a_second) {
  Fixture f;
  f.take_back();
  f.pass(ShardSessions::kPatience - 1);
  CHECK(!f.answered);
  f.pass(1);
  CHECK(f.answered && !f.back);
}

// It was on another node meanwhile, so Redis has the member of that node.
TEST(a_member_that_comes_back_to_its_first_node_is_said_again) {
  Fixture f;
  Reader& first = f.join("room");
  f.hub->presence().depart(kKey, first.identity(), f.now() + 5'000'000, f.now());
  f.hub->leave(first, f.now(), Departure::kMayReturn);
  Reader& again = f.readers.emplace_back(kMember, std::make_shared<Identity>(*first.identity()));
  f.hub->join(again, {"room"}, f.now()).then([](Status) {});
  f.turn();
  CHECK(f.link.has("presence_add"));
  f.pass(6'000'000);
  CHECK(!f.link.has("presence_remove"));
}

TEST(a_key_of_a_session_that_is_somebody_elses_is_named_and_the_node_stays_usable) {
  Fixture f;
  for (int i = 0; i < 20; ++i) {
    f.arrive();
    f.link.answer("SET", error("WRONGTYPE Operation against a key holding the wrong kind of value"));
    f.pass(1'000'000);
  }
  CHECK_EQ(f.broker->failure(f.now()), "");
  CHECK_EQ(f.reports.size(), 2u);
  CHECK(f.reports.at(1).find("uses the keys " + kPlace) != std::string::npos);
}

TEST(a_server_that_refuses_sessions_makes_the_node_unusable) {
  Fixture f;
  for (int i = 0; i < 6; ++i) {
    f.arrive();
    f.link.answer("SET", error("OOM command not allowed when used memory > 'maxmemory'."));
    f.pass(1'000'000);
  }
  CHECK(f.broker->failure(f.now()).find("maxmemory") != std::string::npos);
  CHECK_EQ(f.reports.size(), 1u);
}
