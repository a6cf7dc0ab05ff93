#include "support/door_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

namespace {

struct Asking : DoorFixture {
  static Hub::Settings asks() {
    Hub::Settings settings = ample_settings();
    settings.rooms.subscribe_hook = true;
    return settings;
  }
  Asking() : DoorFixture(asks()) {
    connect(*a);
    hooks.late = true;
  }
};

constexpr std::string_view kSubscribe = R"({"id":2,"subscribe":{"channel":"room"}})";

}  // namespace

TEST(the_back_end_lets_a_client_into_a_room_later) {
  Asking f;
  f.hooks.subscribes.result.data = "[1]";
  CHECK_EQ(f.ask(*f.a, kSubscribe).size(), 0u);
  f.hooks.answer();
  CHECK(has(f.heard(*f.a), R"({"id":2,"subscribe":{)"));
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 1u);
}

TEST(an_answer_that_comes_while_the_session_ends_does_not_keep_it) {
  Asking f;
  CHECK(f.a->session.invite("other", std::make_shared<Invitation>(), nullptr, f.now) == Status::kOk);
  f.heard(*f.a);
  f.ask(*f.a, kSubscribe);
  f.hooks.late = false;
  f.connect(*f.b);
  f.a->appetite = 0;
  f.ask(*f.b, R"({"id":3,"publish":{"channel":"other","data":7}})");
  f.a->session.end_after_head(Status::kRestarting, f.now);
  CHECK(!f.a->why);
  f.hooks.answer();
  f.a->appetite = 1 << 30;
  f.heard(*f.a);
  CHECK(f.a->why == Status::kRestarting);
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 0u);
}

TEST(a_client_that_a_back_end_puts_into_the_room_meanwhile_is_subscribed_already) {
  Asking f;
  f.ask(*f.a, kSubscribe);
  CHECK(f.a->session.invite("room", std::make_shared<Invitation>(), nullptr, f.now) == Status::kOk);
  f.hooks.answer();
  std::string all = f.heard(*f.a);
  CHECK(has(all, R"("channel":"room","subscribe":{)") && has(all, R"("error":{"code":105)"));
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 1u);
}

TEST(a_client_that_is_taken_out_while_the_back_end_is_asked_does_not_get_in) {
  Asking f;
  f.ask(*f.a, kSubscribe);
  f.a->session.dismiss("room", f.now);
  f.hooks.answer();
  CHECK_EQ(f.error(f.heard(*f.a)), 103);
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 0u);
  f.a->session.lost(f.now, Hub::Departure::kFinal);
  f.expect_nothing_held();
}

TEST(a_back_end_puts_no_more_clients_into_rooms_than_they_may_be_in) {
  DoorFixture f;
  f.options.max_subscriptions = 1;
  f.connect(*f.a);
  auto invitation = std::make_shared<Invitation>();
  CHECK(f.a->session.invite("r1", invitation, nullptr, f.now) == Status::kOk);
  CHECK(f.a->session.invite("r1", invitation, nullptr, f.now) == Status::kOk);
  CHECK(f.a->session.invite("r2", invitation, nullptr, f.now) == Status::kTooManyRooms);
  f.a->session.lost(f.now, Hub::Departure::kFinal);
  f.expect_nothing_held();
}

TEST(a_client_that_has_missed_messages_of_a_room_may_subscribe_again) {
  DoorFixture f;
  f.connect(*f.a);
  f.subscribe(*f.a, "other");
  f.subscribe(*f.a, "room");
  f.hub.node().moved(*f.hub.find("room"), {"e", 7}, f.now);
  CHECK_EQ(f.heard(*f.a), R"({"push":{"channel":"room","unsubscribe":{"code":2500,"reason":"insufficient state"}}})"
                          "\n");
  CHECK(!f.a->why);
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 1u);
  f.subscribe(*f.a, "room");
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 2u);
}

// The client cannot subscribe to it.
TEST(a_client_that_has_missed_messages_of_a_room_that_the_server_chose_has_to_connect_again) {
  DoorFixture f;
  f.connect(*f.a);
  CHECK(f.a->session.invite("room", std::make_shared<Invitation>(), nullptr, f.now) == Status::kOk);
  f.heard(*f.a);
  f.hub.node().moved(*f.hub.find("room"), {"e", 7}, f.now);
  CHECK(f.a->why == Status::kGap);
}

TEST(a_client_that_has_half_a_message_of_a_room_with_a_gap_has_to_connect_again) {
  DoorFixture f;
  for (SessionPeer* peer : {f.a.get(), f.b.get()}) {
    f.connect(*peer);
    f.subscribe(*peer, "room");
  }
  f.a->one_frame = true;
  f.a->appetite = 1;
  f.b->session.receive(R"({"id":3,"publish":{"channel":"room","data":")" + std::string(40000, 'x') + "\"}}", f.now);
  f.flush();
  CHECK(f.a->bytes.size() > 10000 && f.a->bytes.size() < 20000);
  f.hub.node().moved(*f.hub.find("room"), {"e", 7}, f.now);
  CHECK(f.a->why == Status::kGap);
}
