// Text clients and event streams that a token or a back end speaks for: how they come, stay and end.
#include "dialect/visit.h"

#include <memory>
#include <string>
#include <vector>

#include "access/rule_gate.h"
#include "support/desk.h"
#include "support/event_peer.h"
#include "support/revoked.h"
#include "support/text_peer.h"
#include "support/unit.h"
#include "wire/frame.h"

using namespace lws_chat;

namespace {

constexpr int64_t kToday = 1'700'000'000;
constexpr Time kSecond = 1'000'000;

struct Fixture {
  Fixture() : settings(with_rooms()), gate(settings), desk(settings, &gate) {
    ConnectionClaims ann;
    ann.user = "ann";
    ann.info = R"({"name":"Ann"})";
    ann.id = "first";
    ann.expires_at = kToday + 60;
    desk.tokens.connections["ann"] = ann;
    options.expiry_grace = 25 * kSecond;
  }

  static Hub::Settings with_rooms() {
    Hub::Settings settings = ample_settings();
    auto add = [&](const char* name) -> RoomSettings& {
      settings.namespaces.emplace_back(name, settings.rooms);
      return settings.namespaces.back().second;
    };
    add("asks").subscribe_hook = true;
    add("judged").publish_hook = true;
    add("users").rules.join = Who::kUsers;
    RoomSettings& renewed = add("renewed");
    renewed.subscribe_hook = renewed.sub_refresh_hook = true;
    return settings;
  }

  std::unique_ptr<TextPeer> text(const std::string& token, const std::string& room = "room") {
    auto peer = std::make_unique<TextPeer>(*desk.hub, options);
    peer->clock = kToday * 1000;
    peer->session.enter(room, 0, desk.arrival({room}, token));
    return peer;
  }

  // Only of arrivals that are answered at once.
  std::unique_ptr<EventPeer> stream(const std::string& token, const std::vector<std::string>& rooms = {"room"}) {
    std::unique_ptr<Arrival> arrival = desk.arrival(rooms, token);
    CHECK(arrival->ask([] {}));
    CHECK(!arrival->denial());
    auto peer = std::make_unique<EventPeer>(*desk.hub, options);
    peer->clock = kToday * 1000;
    peer->session.enter(rooms, "", 0, arrival->needs_pass() ? arrival.get() : nullptr);
    peer->session.resume(0);
    return peer;
  }

  // The clock goes on for a peer, and its alarm rings if it is due.
  template <typename Peer>
  void go_on(Peer& peer, int64_t seconds) {
    peer.clock += seconds * 1000;
    peer.steady += seconds * kSecond;
    if (peer.alarm <= peer.steady) peer.session.time_is_up(peer.steady);
  }

  std::string last_publisher(const std::string& room = "room") {
    const History& history = desk.hub->find(room)->history();
    return std::string(history.from(history.top()).next().message.publisher);
  }

  // The texts that a text peer has got.
  std::vector<std::string> texts(TextPeer& peer) {
    desk.hub->flush(1, 1000);
    peer.session.resume(1);
    std::vector<std::string> all;
    for (std::string_view rest = peer.got; !rest.empty();) {
      Frame frame = first_frame(rest);
      all.emplace_back(frame.payload);
      rest.remove_prefix(frame.size);
    }
    peer.got.clear();
    return all;
  }

  size_t occupied() { return desk.hub->rooms().occupied(); }

  Options options = default_options();
  Hub::Settings settings;
  RuleGate gate;
  Desk desk;
};

std::string why_of(const std::unique_ptr<TextPeer>& peer) { return std::string(describe(peer->why).cause); }

}  // namespace

TEST(a_client_is_the_user_of_its_token_to_others) {
  Fixture f;
  auto peer = f.text("ann");
  CHECK(peer->say("hello") == Status::kOk);
  const std::string& client = peer->session.identity()->client;
  CHECK_EQ(f.last_publisher(), R"({"user":"ann","client":")" + client + R"(","conn_info":{"name":"Ann"}})");
  CHECK_EQ(f.desk.sessions.of_user("ann").size(), 1u);
  auto reader = f.stream("ann");
  CHECK_EQ(f.desk.sessions.of_user("ann").size(), 2u);
}

TEST(a_client_that_nobody_speaks_for_has_no_visit) {
  Fixture f;
  CHECK(!f.desk.arrival({"room"})->needs_pass());
  CHECK(f.desk.arrival({"asks:x"})->needs_pass());
  CHECK(f.desk.arrival({"judged:x"})->needs_pass());
  f.desk.hooks.connects.on = true;
  CHECK(f.desk.arrival({"room"})->needs_pass());
}

TEST(a_client_that_is_denied_is_told_why) {
  Fixture f;
  f.desk.tokens.others = {{"old", TokenVerdict::kExpired}, {"new", TokenVerdict::kUnknownKey}};
  f.desk.tokens.connections["past"].expires_at = kToday - 1;
  f.desk.tokens.connections["past"].user = "ann";
  CHECK_EQ(why_of(f.text("nonsense")), "bad_token");
  CHECK_EQ(why_of(f.text("old")), "token_expired");
  CHECK_EQ(why_of(f.text("new")), "unavailable");
  f.desk.tokens.keys = KeysAre::kSame;
  CHECK_EQ(why_of(f.text("new")), "bad_token");
  CHECK_EQ(why_of(f.text("past")), "expired");
  CHECK_EQ(why_of(f.text("ann", "$secret")), "not_permitted");
  CHECK_EQ(why_of(f.text("", "users:x")), "not_permitted");
  CHECK_EQ(why_of(f.text("ann", "users:x")), "ok");
  CHECK_EQ(f.desk.sessions.users(), 0u);
}

TEST(a_token_of_a_subscription_speaks_for_its_user_in_its_room_only) {
  Fixture f;
  SubscriptionClaims claims;
  claims.user = "bob";
  claims.room = "$secret";
  claims.expires_at = kToday + 9;
  claims.info = "7";
  f.desk.tokens.subscriptions["bob"] = claims;
  auto peer = f.text("bob", "$secret");
  CHECK(peer->say("hello") == Status::kOk);
  CHECK(f.last_publisher("$secret").find(R"("chan_info":7)") != std::string::npos);
  CHECK_EQ(why_of(f.text("bob", "$other")), "not_permitted");
  f.go_on(*peer, 9 + 25 + 1);
  CHECK_EQ(why_of(peer), "expired");
  claims.client = "somebody";
  f.desk.tokens.subscriptions["bound"] = claims;
  CHECK_EQ(why_of(f.text("bound", "$secret")), "bad_token");
}

TEST(a_token_with_an_info_that_is_too_long_is_bad) {
  Fixture f;
  SubscriptionClaims claims;
  claims.room = "room";
  claims.info = std::string(kMaxInfo + 1, '7');
  f.desk.tokens.subscriptions["long"] = claims;
  CHECK_EQ(why_of(f.text("long", "room")), "bad_token");
}

TEST(messages_wait_until_the_back_end_has_answered) {
  Fixture f;
  f.desk.hooks.connects.on = true;
  auto peer = f.text("");
  CHECK(peer->held);
  CHECK(peer->say("one") == Status::kOk);
  CHECK(peer->say("two") == Status::kOk);
  CHECK(!peer->session.room());
  ConnectResult result;
  result.user = "zoe";
  f.desk.hooks.connects.allow(result);
  CHECK(peer->asked);
  peer->session.resume(0);
  CHECK(!peer->held);
  CHECK((f.texts(*peer) == std::vector<std::string>{"one", "two"}));
  CHECK_EQ(f.desk.sessions.of_user("zoe").size(), 1u);
}

TEST(one_late_answer_may_follow_another) {
  Fixture f;
  f.desk.hooks.connects.on = f.desk.hooks.subscribes.on = f.desk.hooks.publishes.on = true;
  auto peer = f.text("", "asks:x");
  f.desk.hooks.connects.allow({});
  CHECK(peer->session.waiting());
  CHECK(peer->say("one") == Status::kOk);
  peer->session.resume(0);
  CHECK((f.desk.hooks.asked_about == std::vector<std::string>{"asks:x"}));
  f.desk.hooks.subscribes.allow({});
  CHECK(!peer->session.waiting());
  peer->session.resume(0);
  CHECK((f.texts(*peer) == std::vector<std::string>{"one"}));
}

TEST(a_back_end_that_denies_or_fails_closes_the_client) {
  Fixture f;
  f.desk.hooks.connects.on = true;
  auto refused = f.text(""), sent_away = f.text(""), unlucky = f.text("");
  f.desk.hooks.connects.deny({1000, "no", false, false});
  f.desk.hooks.connects.deny({4501, "go away", false, true});
  f.desk.hooks.connects.fail();
  CHECK_EQ(why_of(refused) + " " + refused->detail, "not_permitted no");
  CHECK_EQ(sent_away->detail + " " + std::to_string(sent_away->code), "go away 4501");
  CHECK_EQ(why_of(unlucky), "unavailable");
  CHECK_EQ(f.occupied(), 0u);
}

TEST(a_client_that_leaves_while_the_back_end_is_asked_leaves_nothing) {
  Fixture f;
  f.desk.hooks.connects.on = true;
  auto peer = f.text("");
  peer->session.lost(0);
  f.desk.hooks.connects.allow({});
  CHECK(!peer->session.room());
  auto other = f.text("");
  other = nullptr;
  f.desk.hooks.connects.allow({});
  std::unique_ptr<Arrival> arrival = f.desk.arrival({"room"});
  bool called = false;
  CHECK(!arrival->ask([&] { called = true; }));
  arrival = nullptr;
  f.desk.hooks.connects.allow({});
  CHECK(!called);
  CHECK_EQ(f.occupied(), 0u);
  CHECK_EQ(f.desk.sessions.users(), 0u);
}

TEST(a_client_that_is_sent_away_while_the_back_end_is_asked_stays_away) {
  Fixture f;
  f.desk.hooks.connects.on = true;
  auto peer = f.text("");
  peer->session.end_after_head(Status::kGoingAway, 0);
  CHECK_EQ(why_of(peer), "going_away");
  f.desk.hooks.connects.allow({});
  CHECK(!peer->session.room());
}

TEST(the_back_end_judges_publications_in_their_order) {
  Fixture f;
  f.desk.hooks.publishes.on = true;
  auto peer = f.text("ann", "judged:x");
  for (const char* text : {"one", "two", "three", "four"}) CHECK(peer->say(text) == Status::kOk);
  CHECK(peer->held);
  PublishResult other;
  other.data = R"("another")";
  f.desk.hooks.publishes.allow({});
  peer->session.resume(0);
  f.desk.hooks.publishes.allow(other);
  peer->session.resume(0);
  other.data = R"({"a":1})";
  f.desk.hooks.publishes.allow(other);
  CHECK((f.texts(*peer) == std::vector<std::string>{"one", "another", R"({"a":1})"}));
  peer->session.resume(0);
  f.desk.hooks.publishes.deny({400, "rude", false, false});
  CHECK_EQ(why_of(peer) + " " + peer->detail, "not_permitted rude");
  CHECK((f.desk.hooks.data == std::vector<std::string>{"\"one\"", "\"two\"", "\"three\"", "\"four\""}));
}

TEST(a_client_ends_when_its_time_and_the_grace_are_over) {
  Fixture f;
  auto peer = f.text("ann");
  auto reader = f.stream("ann", {"a", "b"});
  CHECK_EQ(peer->alarm, (60 + 25 + 1) * kSecond);
  f.go_on(*peer, 60 + 25);
  f.go_on(*reader, 60 + 25);
  CHECK_EQ(why_of(peer), "ok");
  f.go_on(*peer, 1);
  f.go_on(*reader, 1);
  CHECK_EQ(why_of(peer), "expired");
  CHECK(reader->why == Status::kExpired);
  CHECK(reader->take().find("\n\n: connection expired\n\n") != std::string::npos);
  CHECK_EQ(f.desk.sessions.users(), 0u);
}

TEST(the_back_end_prolongs_a_connection_or_ends_it) {
  Fixture f;
  f.desk.hooks.refreshes.on = true;
  auto peer = f.text("ann");
  f.go_on(*peer, 61);
  CHECK_EQ(f.desk.hooks.refreshes.waiting(), 1u);
  f.desk.hooks.refreshes.fail();
  CHECK_EQ(why_of(peer), "ok");
  f.go_on(*peer, Doorman::kReprieve);
  CHECK_EQ(f.desk.hooks.refreshes.waiting(), 0u);
  f.go_on(*peer, 1);
  RefreshResult longer;
  longer.expires_at = kToday + 1000;
  f.desk.hooks.refreshes.allow(longer);
  f.go_on(*peer, 1001 - 61 - Doorman::kReprieve - 1);
  RefreshResult over;
  over.expired = true;
  f.desk.hooks.refreshes.allow(over);
  CHECK_EQ(why_of(peer), "expired");
}

TEST(a_connection_that_ends_does_not_hear_the_back_end) {
  Fixture f;
  f.desk.hooks.refreshes.on = true;
  auto peer = f.text("ann");
  f.go_on(*peer, 61);
  peer->session.lost(0);
  f.desk.hooks.refreshes.fail();
  f.go_on(*peer, 61);
  CHECK_EQ(f.desk.hooks.refreshes.waiting(), 0u);
}

TEST(a_membership_has_a_time_of_its_own) {
  Fixture f;
  f.desk.hooks.subscribes.on = f.desk.hooks.sub_refreshes.on = true;
  SubscribeResult until;
  until.expires_at = kToday + 5;
  auto asked = f.text("ann", "asks:x");
  f.desk.hooks.subscribes.allow(until);
  auto renewed = f.text("ann", "renewed:x");
  f.desk.hooks.subscribes.allow(until);
  f.desk.tokens.connections["ann"].subscriptions.push_back({"chosen", "", "", {}, kToday + 5});
  auto chosen = f.stream("ann", {"other", "chosen"});
  for (TextPeer* peer : {asked.get(), renewed.get()}) f.go_on(*peer, 6);
  f.go_on(*chosen, 6);
  CHECK_EQ(why_of(asked), "ok");
  CHECK_EQ(f.desk.hooks.sub_refreshes.waiting(), 1u);
  RefreshResult over;
  over.expired = true;
  f.desk.hooks.sub_refreshes.allow(over);
  CHECK_EQ(why_of(renewed), "subscription_expired");
  f.go_on(*asked, 25);
  f.go_on(*chosen, 25);
  CHECK_EQ(why_of(asked), "subscription_expired");
  CHECK(chosen->why == Status::kRoomExpired);
}

TEST(a_revoked_token_ends_its_sessions) {
  Fixture f;
  f.desk.tokens.connections["again"] = f.desk.tokens.connections["ann"];
  f.desk.tokens.connections["again"].id = "second";
  auto peer = f.text("ann"), stays = f.text("again");
  auto reader = f.stream("ann");
  CHECK(is_revoked(f.desk.revocations.revoke_token("first", kToday + 1000, kToday)));
  f.desk.sessions.check_revoked({}, 0);
  CHECK_EQ(why_of(peer), "revoked");
  CHECK(reader->why == Status::kRevoked);
  CHECK_EQ(why_of(stays), "ok");
  CHECK_EQ(why_of(f.text("ann")), "revoked");
}

TEST(a_token_that_is_revoked_while_the_back_end_is_asked_lets_nobody_in) {
  Fixture f;
  f.desk.hooks.subscribes.on = true;
  auto peer = f.text("ann", "asks:x");
  CHECK(is_revoked(f.desk.revocations.revoke_token("first", kToday + 1000, kToday)));
  f.desk.sessions.check_revoked({}, 0);
  f.desk.hooks.subscribes.allow({});
  CHECK_EQ(why_of(peer), "revoked");
}

TEST(back_ends_reach_a_client_as_a_visitor) {
  Fixture f;
  auto peer = f.text("ann");
  auto reader = f.stream("ann", {"a", "b"});
  for (Visitor* visitor : f.desk.sessions.of_user("ann")) {
    CHECK(visitor->is("ann", visitor->client_id(), ""));
    CHECK(!visitor->is("bob", visitor->client_id(), ""));
    CHECK(!visitor->is("ann", "", "session"));
    CHECK(visitor->invite("elsewhere", nullptr, nullptr, 0) == Status::kNotPermitted);
    visitor->dismiss("elsewhere", 0);
  }
  CHECK_EQ(why_of(peer), "ok");
  for (Visitor* visitor : f.desk.sessions.of_user("ann")) visitor->renew({false, kToday + 1000}, 0);
  f.go_on(*peer, 500);
  CHECK_EQ(why_of(peer), "ok");
  for (Visitor* visitor : f.desk.sessions.of_user("ann")) visitor->dismiss("b", 0);
  f.desk.hub->flush(1, 1000);
  CHECK_EQ(why_of(peer), "ok");
  CHECK(reader->why == Status::kForced);
  f.desk.sessions.of_user("ann").at(0)->end({Status::kForced, 0, "go home", 4123}, 0);
  CHECK_EQ(peer->detail, "go home");
  CHECK_EQ(f.desk.sessions.users(), 0u);
}

TEST(a_token_can_hide_a_client) {
  Fixture f;
  ServerSubscription hidden;
  hidden.room = "room";
  hidden.override.presence = false;
  f.desk.tokens.connections["ann"].subscriptions.push_back(hidden);
  auto peer = f.text("ann");
  CHECK(!peer->session.identity());
  CHECK(peer->say("hello") == Status::kOk);
  CHECK(f.last_publisher().find(R"("user":"ann")") != std::string::npos);
}

TEST(long_words_of_a_back_end_are_cut_between_characters) {
  std::string words;
  for (int i = 0; i < 100; ++i) words += "é";
  Ending ending = ending_of({Status::kNotPermitted, false, 1000, words, false, {}});
  CHECK_EQ(ending.detail, words.substr(0, 74));
}

TEST(a_client_that_holds_too_much_is_closed) {
  Hub::Settings settings = ample_settings();
  settings.max_memory = 65536;
  Desk desk(settings);
  ConnectionClaims claims;
  claims.user = "ann";
  claims.meta = std::string(40000, ' ');
  desk.tokens.connections["ann"] = claims;
  Options options = default_options();
  TextPeer peer(*desk.hub, options);
  peer.session.enter("room", 0, desk.arrival({"room"}, "ann"));
  CHECK(peer.why == Status::kNoMemory);
  CHECK_EQ(desk.sessions.users(), 0u);
}
