#include "support/door_fixture.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

TEST(rooms_of_a_token_are_in_the_reply_to_connect_before_their_messages) {
  DoorFixture f;
  f.admit_by_token("t", {"ann", {}, {}, 0, {{"r1", "1", R"({"d":1})", {}, 0}, {"r2", {}, {}, {}, 0}}, {}, 0});
  f.connect(*f.b);
  f.subscribe(*f.b, "r1");
  std::string reply = f.ask_one(*f.a, kConnectByToken);
  CHECK(has(reply, R"("subs":{"r1":{)") && has(reply, R"("data":{"d":1})") && has(reply, R"("r2":{)"));
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 3u);
  f.ask(*f.b, R"({"id":3,"publish":{"channel":"r1","data":7}})");
  CHECK(has(f.heard(*f.a), R"("data":7)"));
}

TEST(a_connect_hook_that_answers_late_connects_then_and_commands_wait) {
  DoorFixture f;
  f.hooks.late = true;
  f.hooks.connects.result.user = "ann";
  f.hooks.connects.result.subscriptions = {{"r1", {}, {}, {}, 0}};
  CHECK_EQ(f.ask(*f.a, R"({"id":1,"connect":{}})").size(), 0u);
  CHECK_EQ(f.ask(*f.a, R"({"id":2,"ping":{}})").size(), 0u);
  CHECK(f.a->held && f.a->session.waiting());
  f.hooks.answer();
  CHECK(f.a->asked);
  std::string all = f.heard(*f.a);
  CHECK(has(all, R"({"id":1,"connect":{"client":)") && has(all, R"("subs":{"r1")") &&
        has(all, R"({"id":2,"ping":{}})"));
  CHECK(!f.a->held);
}

TEST(headers_in_connect_are_shown_to_the_back_end_if_they_are_listed) {
  DoorFixture f;
  f.options.hooks.emulated_headers = {"x-own"};
  f.hooks.connects.denial = HookDenial{1000, "not now", true, false};
  CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":1,"connect":{"headers":{"X-Own":"1","Cookie":"a=b"}}})")), 1000);
  CHECK(f.hooks.emulated == (HookHeaders{{"x-own", "1"}}));
}

TEST(headers_that_are_no_texts_are_refused) {
  DoorFixture f;
  for (const char* headers : {"[]", R"({"x":1})", "5"})
    CHECK_EQ(f.error(f.ask_one(*f.a, R"({"id":1,"connect":{"headers":)" + std::string(headers) + "}}")), 107);
  CHECK_EQ(f.hooks.asked, 0);
}

TEST(an_answer_after_the_client_has_gone_does_nothing) {
  DoorFixture f;
  f.hooks.late = true;
  f.hooks.connects.result.subscriptions = {{"r1", {}, {}, {}, 0}};
  f.ask(*f.a, R"({"id":1,"connect":{}})");
  f.a->session.lost(f.now);
  f.hooks.answer();
  CHECK_EQ(f.hub.rooms().occupied(), 0u);
  CHECK_EQ(f.a->take().size(), 0u);
  f.expect_nothing_held();
}

TEST(a_session_that_was_ended_while_it_connects_is_not_connected_by_a_late_answer) {
  DoorFixture f;
  f.hooks.late = true;
  f.ask(*f.a, R"({"id":1,"connect":{}})");
  f.a->session.end_after_head(Status::kRestarting, f.now);
  CHECK(f.a->why == Status::kRestarting);
  f.hooks.answer();
  CHECK(!f.a->pinged);
  f.expect_nothing_held();
}

TEST(a_denial_of_the_back_end_is_an_error_or_a_close) {
  DoorFixture f;
  f.hooks.connects.denial = HookDenial{1000, "not now", true, false};
  CHECK_EQ(f.ask_one(*f.a, R"({"id":1,"connect":{}})"),
           R"({"id":1,"error":{"code":1000,"message":"not now","temporary":true}})");
  CHECK(!f.a->why && f.a->denied == Status::kNotPermitted);
  f.hooks.connects.denial = HookDenial{4501, "out", false, true};
  f.ask(*f.a, R"({"id":2,"connect":{}})");
  CHECK(f.a->why == Status::kForced);
  CHECK_EQ(f.a->code, 4501u);
  f.expect_nothing_held();
}

TEST(a_back_end_without_an_answer_is_error_100_and_the_client_may_try_again) {
  DoorFixture f;
  f.hooks.connects.problem = "down";
  std::string refused = f.ask_one(*f.a, R"({"id":1,"connect":{}})");
  CHECK(f.error(refused) == 100 && has(refused, R"("temporary":true)"));
  f.hooks.connects.problem = "";
  CHECK(has(f.ask_one(*f.a, R"({"id":2,"connect":{}})"), R"("connect":{"client":)"));
}

TEST(a_client_that_cannot_be_in_its_rooms_is_in_none_of_them_and_may_try_again) {
  DoorFixture f;
  f.options.max_subscriptions = 2;
  f.admit_by_token("t",
                   {"ann", {}, {}, 0, {{"r1", {}, {}, {}, 0}, {"r2", {}, {}, {}, 0}, {"r3", {}, {}, {}, 0}}, {}, 0});
  CHECK_EQ(f.error(f.ask_one(*f.a, kConnectByToken)), 106);
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 0u);
  CHECK(!f.a->session.identity() && f.sessions.users() == 0);
  f.admit_by_token("t", {"ann", {}, {}, 0, {{"r1", {}, {}, {}, 0}}, {}, 0});
  CHECK(has(f.ask_one(*f.a, kConnectByToken), R"("subs":{"r1")"));
  f.a->session.lost(f.now, Hub::Departure::kFinal);
  f.expect_nothing_held();
}

TEST(a_connection_that_expires_says_when_unless_the_back_end_renews_it) {
  DoorFixture f;
  f.hooks.kinds.erase(HookKind::kRefresh);
  f.admit_by_token("t", {"ann", {}, {}, f.today() + 30, {}, {}, 0});
  CHECK(has(f.ask_one(*f.a, kConnectByToken), R"("expires":true,"ttl":30)"));
  f.hooks.kinds.insert(HookKind::kRefresh);
  CHECK(!has(f.ask_one(*f.b, kConnectByToken), "expires"));
}
