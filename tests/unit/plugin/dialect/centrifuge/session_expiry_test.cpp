#include "support/door_fixture.h"
#include "support/revoked.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

namespace {

// A client whose token expires in 10 s; the server waits 25 s for another one.
struct Expiring : DoorFixture {
  explicit Expiring(bool hook = false) {
    if (!hook) hooks.kinds = {};
    admit_by_token("t", {"ann", {}, {}, today() + 10, {}, "id", 0});
    ask_one(*a, kConnectByToken);
  }
};

}  // namespace

TEST(a_connection_ends_after_the_grace_and_not_before) {
  Expiring f;
  f.pass(*f.a, 35);
  CHECK(!f.a->why);
  f.pass(*f.a, 1);
  CHECK(f.a->why == Status::kExpired);
  f.expect_nothing_held();
}

TEST(a_new_token_prolongs_the_connection) {
  Expiring f;
  f.pass(*f.a, 20);
  f.admit_by_token("new", {"ann", {}, {}, f.today() + 100, {}, {}, 0});
  CHECK_EQ(f.ask_one(*f.a, R"({"id":2,"refresh":{"token":"new"}})"),
           R"({"id":2,"refresh":{"expires":true,"ttl":100}})");
  f.pass(*f.a, 120);
  CHECK(!f.a->why);
  f.pass(*f.a, 10);
  CHECK(f.a->why == Status::kExpired);
}

TEST(a_token_of_another_user_or_for_other_rooms_ends_the_connection) {
  for (auto [user, room, why] : {std::tuple("ben", "", Status::kBadToken), {"ann", "r1", Status::kRoomsChanged}}) {
    Expiring f;
    ConnectionClaims claims{user, {}, {}, 0, {}, {}, 0};
    if (*room) claims.subscriptions.push_back({room, {}, {}, {}, 0});
    f.admit_by_token("new", claims);
    f.ask(*f.a, R"({"id":2,"refresh":{"token":"new"}})");
    CHECK(f.a->why == why);
  }
}

TEST(a_token_with_a_key_that_comes_later_prolongs_the_connection) {
  Expiring f;
  f.tokens.late = true;
  f.tokens.connections["new"] = {TokenVerdict::kUnknownKey, "no kid", {}};
  CHECK_EQ(f.ask(*f.a, R"({"id":2,"refresh":{"token":"new"}})").size(), 0u);
  f.admit_by_token("new", {"ann", {}, {}, 0, {}, {}, 0});
  f.tokens.fetches.front().keep(KeysAre::kNew);
  CHECK_EQ(f.heard(*f.a), "{\"id\":2,\"refresh\":{}}\n");
}

TEST(the_back_end_renews_at_the_second_and_a_failure_prolongs_by_a_minute) {
  Expiring f(true);
  f.hooks.refreshes.problem = "down";
  f.pass(*f.a, 10);
  CHECK_EQ(f.hooks.asked, 0);
  f.pass(*f.a, 1);
  CHECK_EQ(f.hooks.asked, 1);
  f.pass(*f.a, 60);
  CHECK_EQ(f.hooks.asked, 1);
  f.hooks.refreshes.problem = "";
  f.hooks.refreshes.result.expired = true;
  f.hooks.late = true;
  f.pass(*f.a, 2);
  CHECK(f.hooks.asked == 2 && !f.a->why);
  CHECK_EQ(f.ask_one(*f.a, R"({"id":2,"ping":{}})"), R"({"id":2,"ping":{}})");
  f.hooks.answer();
  CHECK(f.a->why == Status::kExpired);
}

TEST(a_subscription_that_expires_ends_alone_unless_the_server_chose_the_room) {
  DoorFixture f;
  f.hooks.kinds = {};
  f.admit_by_token("t", {"ann", {}, {}, 0, {}, {}, 0});
  f.ask_one(*f.a, kConnectByToken);
  f.invite_by_token("s", {"ann", "$r", {}, {}, {}, {}, f.today() + 5, {}, 0});
  CHECK(has(f.ask_one(*f.a, R"({"id":2,"subscribe":{"channel":"$r","token":"s"}})"), R"("expires":true,"ttl":5)"));
  f.pass(*f.a, 20);
  f.invite_by_token("s", {"ann", "$r", {}, {}, {}, {}, f.today() + 5, {}, 0});
  CHECK(has(f.ask_one(*f.a, R"({"id":3,"sub_refresh":{"channel":"$r","token":"s"}})"),
            R"("sub_refresh":{"expires":true)"));
  f.pass(*f.a, 31);
  CHECK(has(f.heard(*f.a), R"("channel":"$r","unsubscribe":{"code":2501)"));
  CHECK(!f.a->why);

  f.admit_by_token("t", {"ann", {}, {}, 0, {{"r1", {}, {}, {}, f.b->clock / 1000 + 5}}, {}, 0});
  f.ask_one(*f.b, kConnectByToken);
  f.pass(*f.b, 31);
  CHECK(f.b->why == Status::kRoomExpired);
}

TEST(a_back_end_changes_the_expiry_or_revokes_the_token) {
  Expiring f;
  f.a->session.renew({false, f.today() + 50}, f.now);
  CHECK(has(f.heard(*f.a), R"({"push":{"refresh":{"expires":true,"ttl":50}}})"));
  f.pass(*f.a, 70);
  CHECK(!f.a->why);
  CHECK(is_revoked(f.revoked.revoke_token("other", f.today() + 99, f.today())));
  f.sessions.check_revoked({}, f.now);
  CHECK(!f.a->why);
  CHECK(is_revoked(f.revoked.revoke_token("id", f.today() + 99, f.today())));
  f.sessions.check_revoked({}, f.now);
  CHECK(f.a->why == Status::kRevoked);
}
