// A server that has much to do, and answers all the time, is waited for.
#include "support/broker_fixture.h"

using namespace lws_chat;
using namespace lws_chat::broker_test;

namespace {

constexpr Time kSecond = 1'000'000;
constexpr Time kNearly = kSecond - 1;

struct Fixture : BrokerFixture {
  Fixture() {
    connect();
    turn();
    while (!link.calls.empty()) link.answer(integer(0));
  }

  // The server answers something else just before a second is over, again and again.
  void go_on(int times) {
    while (times-- > 0) {
      pass(kNearly);
      link.heard_at = now();
    }
  }

  void publish(const std::string& room) {
    broker->spread(room, Message{"x"}, kSecond, now()).then(lifetime, [this](const Published& done) {
      published = done.status;
    });
  }

  void meet(const std::string& node) {
    std::string bytes;
    NodeAnnouncement announcement{node};
    announcement.name = node;
    append_control(bytes, {node, announcement});
    link.push("p.control", bytes);
  }

  std::optional<Status> published;
};

}  // namespace

TEST(a_publication_waits_while_the_server_answers_others) {
  Fixture f;
  f.publish("room");
  f.go_on(20);
  CHECK(!f.published);
  CHECK_EQ(f.broker->failure(f.now()), "");
  f.link.answer("publish", array({integer(1), text("e"), integer(0)}));
  CHECK(f.published == Status::kOk);
}

TEST(a_second_after_the_last_answer_nobody_knows_if_it_is_published) {
  Fixture f;
  f.publish("room");
  f.go_on(5);
  f.pass(kNearly);
  CHECK(!f.published);
  f.pass(1);
  CHECK(f.published == Status::kUncertain);
}

TEST(nobody_waits_for_longer_than_half_a_minute) {
  Fixture f;
  f.publish("room");
  Time end = f.now() + RedisLink::kLongest;
  while (f.now() + kNearly < end) f.go_on(1);
  CHECK(!f.published);
  f.go_on(1);
  CHECK(f.published == Status::kUncertain);
}

TEST(who_asks_a_server_that_answers_others_waits_too) {
  Fixture f;
  int answers = 0;
  auto count = [&](const auto&) { ++answers; };
  f.broker->list("room", f.now()).then(f.lifetime, count);
  f.broker->count("room", f.now()).then(f.lifetime, count);
  f.broker->returned("key", f.now()).then(f.lifetime, count);
  f.broker->revocations().keep({}).then(f.lifetime, count);
  f.broker->peers().tell("disconnect", R"({"user":"u"})", f.now()).then(f.lifetime, count);
  f.turn();
  f.go_on(20);
  CHECK_EQ(answers, 0);
  f.pass(kSecond);
  CHECK_EQ(answers, 5);
}

TEST(other_nodes_have_a_second_after_the_server_has_taken_the_question) {
  Fixture f;
  f.meet("other");
  while (f.link.has("PUBLISH")) f.link.answer("PUBLISH", integer(1));
  std::optional<Status> answer;
  f.broker->peers().rooms("", f.now()).then(f.lifetime, [&](const Peers::Rooms& rooms) { answer = rooms.status; });
  f.go_on(2);
  CHECK(!answer);
  while (f.link.has("PUBLISH")) f.link.answer("PUBLISH", integer(1));
  f.go_on(1);
  CHECK(!answer);
  f.go_on(1);
  CHECK(answer == Status::kUnavailable);
}

TEST(who_joins_waits_while_the_server_goes_on_with_the_rooms_of_others) {
  Fixture f;
  f.ask_to_join("first");
  f.ask_to_join("room");
  for (int i = 0; i < 5; ++i) {
    f.pass(ShardRooms::kPatience - 1);
    f.link.push("p.client.first", "{}");
  }
  CHECK(f.joined.empty());
  f.link.confirm("p.client.room");
  f.link.answer("position", BrokerFixture::position("e", 0));
  f.turn();
  CHECK(f.joined.at(1) == Status::kOk);
  f.pass(ShardRooms::kPatience);
  CHECK(f.joined.at(0) == Status::kUnavailable);
}

TEST(who_waits_for_a_position_waits_while_the_server_answers_others) {
  Fixture f;
  f.ask_to_join("room");
  f.link.confirm("p.client.room");
  for (int i = 0; i < 5; ++i) {
    f.pass(ShardRooms::kPatience - 1);
    f.link.heard_at = f.now();
  }
  CHECK(f.joined.empty());
  f.pass(ShardRooms::kPatience);
  CHECK(f.joined.at(0) == Status::kUnavailable);
}

// The connection for messages is another one.
TEST(commands_that_are_answered_do_not_help_a_subscription) {
  Fixture f;
  f.ask_to_join("room");
  f.pass(ShardRooms::kPatience - 1);
  f.link.heard_at = f.now();
  CHECK(f.joined.empty());
  f.pass(1);
  CHECK(f.joined.at(0) == Status::kUnavailable);
}
