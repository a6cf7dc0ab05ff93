#include "access/doorman.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "support/revoked.h"
#include "support/scripted_door.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr int64_t kNow = 1'700'000'000;

struct Site {
  ScriptedTokens tokens;
  ScriptedHooks hooks;
  Revocations revoked;
  bool anonymous = true;

  Doorman door() { return {{&tokens, &hooks, &revoked}, anonymous}; }

  Outcome<GuestPtr> admit(std::string_view token = {}) {
    Doorman doorman = door();
    return doorman.admit(token, {}, kNow).value();
  }
  Outcome<InvitationPtr> invite(std::string_view room, std::string_view token = {}, bool ask = true) {
    Doorman doorman = door();
    SubscribeQuestion question{{}, room, token};
    question.about.user = "ann";
    question.about.client = "c1";
    return doorman.invite(question, ask, kNow).value();
  }
};

template <typename T>
std::string denied(const Outcome<T>& outcome) {
  if (!outcome.denial) return "let in";
  const Denial& denial = *outcome.denial;
  return std::string(describe(denial.why).cause) + (denial.disconnects ? " disconnect" : " error") +
         (denial.code ? " " + std::to_string(denial.code) : "") + (denial.temporary ? " temporary" : "");
}

ConnectionClaims claims_of(const std::string& user) {
  ConnectionClaims claims;
  claims.user = user;
  claims.id = "id of " + user;
  claims.issued_at = kNow - 100;
  return claims;
}

SubscriptionClaims claims_for(const std::string& room) {
  SubscriptionClaims claims;
  claims.user = "ann";
  claims.room = room;
  claims.id = "sub";
  return claims;
}

}  // namespace

TEST(a_valid_token_says_who_the_client_is) {
  Site site;
  ConnectionClaims claims = claims_of("ann");
  claims.info = "1";
  claims.meta = "2";
  claims.expires_at = kNow;
  site.tokens.connections["t"] = {TokenVerdict::kValid, "", claims};
  Outcome<GuestPtr> outcome = site.admit("t");
  CHECK_EQ(denied(outcome), "let in");
  CHECK_EQ(outcome.value->user + outcome.value->info + outcome.value->meta, "ann12");
  CHECK_EQ(outcome.value->expires_at, kNow);
  CHECK_EQ(outcome.value->token_id, "id of ann");
  CHECK_EQ(site.hooks.asked, 0);
}

TEST(each_verdict_has_its_denial) {
  Site site;
  site.tokens.connections["old"] = {TokenVerdict::kExpired, "it expired", {}};
  CHECK_EQ(denied(site.admit("bad")), "bad_token disconnect");
  CHECK_EQ(denied(site.admit("old")), "token_expired error");
  ConnectionClaims over = claims_of("ann");
  over.expires_at = kNow - 1;
  site.tokens.connections["over"] = {TokenVerdict::kValid, "", over};
  CHECK_EQ(denied(site.admit("over")), "expired error 110");
  Doorman no_keys({nullptr, &site.hooks, nullptr}, true);
  CHECK_EQ(denied(no_keys.admit("any", {}, kNow).value()), "bad_token disconnect");
}

TEST(a_token_with_an_unknown_key_waits_for_the_keys) {
  for (auto [keys, comes, expected] : {std::tuple(KeysAre::kNew, true, "let in"),
                                       {KeysAre::kNew, false, "bad_token disconnect"},
                                       {KeysAre::kSame, false, "bad_token disconnect"},
                                       {KeysAre::kUnreachable, false, "unavailable error"}}) {
    Site site;
    site.tokens.late = true;
    site.tokens.connections["t"] = {TokenVerdict::kUnknownKey, "no kid", {}};
    site.tokens.subscriptions["t"] = {TokenVerdict::kUnknownKey, "no kid", {}};
    Doorman door = site.door();
    Lifetime alive;
    std::string admitted;
    std::string renewed;
    std::string invited;
    GuestPtr ann = std::make_shared<Guest>(Guest{"ann", {}, {}, {}, 0, {}, false, {}, 0});
    SubscribeQuestion question{{}, "room", "t"};
    question.about.user = "ann";
    door.admit(std::string("t"), {}, kNow).then(alive, [&](const auto& outcome) { admitted = denied(outcome); });
    door.renew(ann, std::string("t"), kNow).then(alive, [&](const auto& outcome) { renewed = denied(outcome); });
    door.renew_invitation(question, kNow).then(alive, [&](const auto& outcome) { invited = denied(outcome); });
    CHECK_EQ(admitted + renewed + invited, "");
    CHECK_EQ(site.tokens.fetches.size(), 3u);
    if (comes) {
      site.tokens.connections["t"] = {TokenVerdict::kValid, "", claims_of("ann")};
      site.tokens.subscriptions["t"] = {TokenVerdict::kValid, "", claims_for("room")};
    }
    for (auto& promise : site.tokens.fetches) promise.keep(keys);
    CHECK_EQ(admitted, expected);
    CHECK_EQ(renewed, expected);
    CHECK_EQ(invited, expected);
  }
}

TEST(without_a_token_the_back_end_decides_or_anonymous) {
  Site site;
  site.hooks.kinds = {};
  CHECK_EQ(denied(site.admit()), "let in");
  CHECK(!site.admit().value);
  site.anonymous = false;
  CHECK_EQ(denied(site.admit()), "no_credentials disconnect");
  site.tokens.connections["t"] = {TokenVerdict::kValid, "", claims_of("")};
  CHECK_EQ(denied(site.admit("t")), "anonymous disconnect");
  site.hooks.kinds = {HookKind::kConnect};
  site.hooks.connects.given = false;
  CHECK_EQ(denied(site.admit()), "no_credentials disconnect");
  site.hooks.connects.given = true;
  site.hooks.connects.result.user = "ben";
  CHECK_EQ(site.admit().value->user, "ben");
  site.hooks.connects.result.expires_at = kNow - 1;
  CHECK_EQ(denied(site.admit()), "expired error 110");
  site.hooks.connects.problem = "slow";
  CHECK_EQ(denied(site.admit()), "unavailable error");
  site.hooks.connects.problem = "";
  site.hooks.connects.denial = HookDenial{1000, "no", true, false};
  CHECK_EQ(denied(site.admit()), "not_permitted error 1000 temporary");
  site.hooks.connects.denial = HookDenial{4501, "out", false, true};
  CHECK_EQ(denied(site.admit()), "forced disconnect 4501");
}

TEST(a_new_token_must_be_of_the_same_user_and_not_old) {
  Site site;
  Doorman door = site.door();
  GuestPtr ann = std::make_shared<Guest>(Guest{"ann", {}, {}, {}, 0, {}, false, {}, 0});
  site.tokens.connections["ann"] = {TokenVerdict::kValid, "", claims_of("ann")};
  site.tokens.connections["old"] = {TokenVerdict::kExpired, "old", {}};
  CHECK_EQ(denied(door.renew(ann, "ann", kNow).value()), "let in");
  CHECK_EQ(denied(door.renew(nullptr, "ann", kNow).value()), "bad_token disconnect");
  CHECK_EQ(denied(door.renew(ann, "old", kNow).value()), "expired disconnect");
  CHECK_EQ(denied(door.renew(ann, "bad", kNow).value()), "bad_token disconnect");
}

TEST(a_renewal_without_an_answer_is_a_reprieve_and_everything_else_ends_it) {
  Site site;
  Doorman door = site.door();
  auto ask = [&] { return door.ask_to_renew({}, kNow).value(); };
  auto ask_room = [&] { return door.ask_to_renew_invitation({{}, "room"}, kNow).value(); };
  HookReply<RefreshResult>& reply = site.hooks.refreshes;
  reply.problem = "down";
  CHECK_EQ(ask().value.expires_at, kNow + 60);
  CHECK_EQ(ask_room().value.expires_at, kNow + 60);
  reply.problem = "";
  reply.given = false;
  CHECK_EQ(denied(ask()), "expired disconnect");
  CHECK_EQ(denied(ask_room()), "subscription_expired disconnect");
  reply.given = true;
  reply.result.expires_at = kNow + 9;
  CHECK_EQ(ask().value.expires_at, kNow + 9);
  reply.result.expires_at = kNow - 1;
  CHECK_EQ(denied(ask()), "expired disconnect");
  reply.result = {};
  reply.result.expired = true;
  CHECK_EQ(denied(ask()), "expired disconnect");
  reply.denial = HookDenial{1000, "no", false, false};
  CHECK_EQ(denied(ask()), "expired disconnect");
  reply.denial = HookDenial{4501, "out", false, true};
  CHECK_EQ(denied(ask()), "forced disconnect 4501");
}

TEST(a_token_of_a_room_must_be_for_this_room_user_and_client) {
  Site site;
  auto with = [&](auto change) {
    SubscriptionClaims claims = claims_for("room");
    change(claims);
    site.tokens.subscriptions["t"] = {TokenVerdict::kValid, "", claims};
    return denied(site.invite("room", "t"));
  };
  CHECK_EQ(with([](auto&) {}), "let in");
  CHECK_EQ(with([](auto& claims) { claims.client = "c1"; }), "let in");
  CHECK_EQ(with([](auto& claims) { claims.client = "c2"; }), "bad_token disconnect");
  CHECK_EQ(with([](auto& claims) { claims.user = "ben"; }), "bad_token disconnect");
  CHECK_EQ(with([](auto& claims) { claims.room = "other"; }), "bad_token disconnect");
  CHECK_EQ(with([](auto& claims) { claims.expires_at = kNow - 1; }), "expired error 110");
  CHECK_EQ(denied(site.invite("room", "bad")), "not_permitted error");
  site.tokens.subscriptions["t"] = {TokenVerdict::kExpired, "old", {}};
  CHECK_EQ(denied(site.invite("room", "t")), "token_expired error");
}

TEST(the_back_end_is_not_asked_about_rooms_for_users_or_with_a_token) {
  Site site;
  for (const char* room : {"$private", "dialog#ann", "$a#ann"}) CHECK(!site.invite(room).value);
  CHECK(!site.invite("room", {}, false).value);
  CHECK_EQ(site.hooks.asked, 0);
  CHECK(site.invite("room").value);
  CHECK_EQ(site.hooks.asked, 1);
  site.hooks.kinds = {};
  CHECK_EQ(denied(site.invite("room")), "no_hook error");
  CHECK_EQ(denied(site.door().ask_to_publish({{}, "room"}).value()), "no_hook error");
}

TEST(a_revoked_token_lets_nobody_in) {
  Site site;
  site.tokens.connections["t"] = {TokenVerdict::kValid, "", claims_of("ann")};
  site.tokens.subscriptions["t"] = {TokenVerdict::kValid, "", claims_for("room")};
  Outcome<GuestPtr> before = site.admit("t");
  CHECK(!site.door().is_revoked(*before.value, kNow));
  CHECK(is_revoked(site.revoked.revoke_token("id of ann", kNow + 10, kNow)));
  CHECK(is_revoked(site.revoked.revoke_token("sub", kNow + 10, kNow)));
  CHECK(site.door().is_revoked(*before.value, kNow));
  CHECK(!site.door().is_revoked(*before.value, kNow + 10));
  CHECK_EQ(denied(site.admit("t")), "revoked disconnect");
  CHECK_EQ(denied(site.invite("room", "t")), "not_permitted error");
  // What a back end or the server itself has said has no token.
  CHECK(is_revoked(site.revoked.revoke_user("ann", kNow, kNow + 10, kNow)));
  CHECK(!site.door().is_revoked(Invitation{}, "ann", kNow));
}

namespace {

// What other nodes have revoked is known when the test says so.
class LateRevocations final : public SharedRevocations {
 public:
  void attach(Reader& reader) override { reader_ = &reader; }
  bool complete() const override { return complete_; }
  Deferred<Status> when_complete() override {
    waiting_.emplace_back();
    return waiting_.back().deferred();
  }
  Deferred<Kept> keep(const Revocation&) override { return Kept::kKept; }

  void come(const std::string& revoked_token) {
    (void)reader_->learn({false, revoked_token, kNow + 10});
    complete_ = true;
    answer(Status::kOk);
  }
  void answer(Status status) {
    for (Promise<Status>& one : waiting_) one.keep(status);
  }

 private:
  Reader* reader_ = nullptr;
  bool complete_ = false;
  std::vector<Promise<Status>> waiting_;
};

}  // namespace

TEST(a_token_waits_until_it_is_known_what_other_nodes_have_revoked) {
  Site site;
  LateRevocations late;
  site.revoked.share(late);
  for (const char* user : {"ann", "ben"}) site.tokens.connections[user] = {TokenVerdict::kValid, "", claims_of(user)};
  site.tokens.subscriptions["sub"] = {TokenVerdict::kValid, "", claims_for("room")};
  Doorman door = site.door();
  std::string said;
  auto note = [&](const auto& outcome) { said += denied(outcome) + "; "; };
  door.admit("ann", {}, kNow).then(note);
  door.admit_by_any_token("ben", kNow).then(note);
  SubscribeQuestion question{{}, "room", "sub"};
  question.about.user = "ann";
  door.invite(question, false, kNow).then(note);
  CHECK_EQ(said, "");
  CHECK_EQ(denied(site.admit()), "let in");
  late.come("id of ann");
  CHECK_EQ(said, "revoked disconnect; let in; let in; ");
  CHECK_EQ(denied(site.admit("ben")), "let in");
}

TEST(a_token_that_nobody_can_judge_may_be_shown_again) {
  Site site;
  LateRevocations late;
  site.revoked.share(late);
  site.tokens.connections["t"] = {TokenVerdict::kValid, "", claims_of("ann")};
  Doorman door = site.door();
  std::string said;
  door.admit("t", {}, kNow).then([&](const Outcome<GuestPtr>& outcome) { said = denied(outcome); });
  late.answer(Status::kUnavailable);
  CHECK_EQ(said, "unavailable error");
}
