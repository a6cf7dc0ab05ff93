// The N-th allocation fails while a client is let in, for each N: it gets its answer or is closed, and what it held is
// given back.
#include <memory>
#include <new>
#include <string>

#include "support/door_fixture.h"
#include "support/failing_new.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

namespace {

ConnectionClaims claims_with_rooms(int64_t expires_at) {
  ConnectionClaims claims{"ann", R"({"n":1})", {}, expires_at, {}, "id of this token", 0};
  for (const char* room : {"a room with a long name, one", "a room with a long name, two"})
    claims.subscriptions.push_back({room, R"({"in":"the room"})", R"({"data":1})", {}, expires_at});
  return claims;
}

// Does something like a callback of the server: if it fails, the connection is lost. Returns whether there were fewer
// than `n` allocations.
template <typename Work>
bool attempt(DoorFixture& f, SessionPeer& peer, long n, Work&& work) {
  until_failure = n;
  try {
    Armed now_it_counts;
    work();
  } catch (const std::bad_alloc&) {
    until_failure = 0;
    peer.session.lost(f.now);
    peer.why = Status::kInternalError;
  }
  bool fewer = until_failure > 0;
  until_failure = 0;
  return fewer;
}

void check_end(DoorFixture& f, SessionPeer& peer) {
  if (!peer.why) {
    peer.session.end_after_head(Status::kRestarting, f.now);
    f.heard(peer);
    CHECK(peer.why == Status::kRestarting);
  }
  CHECK_EQ(f.hub.counters().of(kStructuredKind).subscriptions, 0u);
  CHECK_EQ(f.sessions.users(), 0u);
  CHECK_EQ(f.sessions.untaken, 0u);
  f.expect_nothing_held();
}

// Repeats a scenario, which returns whether its N-th allocation was not reached, with N = 1, 2 and so on.
template <typename Scenario>
void for_each_allocation(Scenario&& scenario) {
  for (long n = 1;; ++n) {
    try {
      if (scenario(n)) return void(std::printf("%ld allocations\n", n - 1));
    } catch (...) {
      std::printf("after allocation %ld had failed\n", n);
      throw;
    }
  }
}

}  // namespace

TEST(a_client_that_connects_by_a_token_with_rooms_is_connected_or_closed) {
  for_each_allocation([](long n) {
    DoorFixture f;
    f.admit_by_token("t", claims_with_rooms(f.today() + 100));
    bool fewer = attempt(f, *f.a, n, [&] { f.a->session.receive(kConnectByToken, f.now); });
    if (!f.a->why) CHECK(has(f.heard(*f.a), "\"id\":1"));
    check_end(f, *f.a);
    return fewer;
  });
}

TEST(a_client_whom_a_back_end_lets_in_late_is_connected_or_closed) {
  for_each_allocation([](long n) {
    DoorFixture f;
    f.hooks.late = true;
    f.hooks.connects.result.user = "ann";
    f.hooks.connects.result.expires_at = f.today() + 100;
    f.hooks.connects.result.subscriptions = claims_with_rooms(0).subscriptions;
    f.a->session.receive(R"({"id":1,"connect":{}})", f.now);
    // A back end's answer has no connection that could be lost, so nothing may be thrown once the promise is kept.
    bool fewer = attempt(f, *f.a, n, [&] { f.hooks.answer(); });
    if (!f.a->why) CHECK(has(f.heard(*f.a), "\"id\":1"));
    check_end(f, *f.a);
    return fewer;
  });
}

TEST(a_client_that_a_back_end_puts_into_a_room_is_a_member_or_not_but_can_end) {
  for_each_allocation([](long n) {
    DoorFixture f;
    f.connect(*f.a);
    auto invitation = std::make_shared<Invitation>();
    invitation->data = R"({"data":1})";
    invitation->expires_at = f.today() + 100;
    until_failure = n;
    try {
      Armed now_it_counts;
      (void)f.a->session.invite("a room with a long name, one", invitation, nullptr, f.now);
    } catch (const std::bad_alloc&) {
      // Only the back end's request has failed.
    }
    bool fewer = until_failure > 0;
    until_failure = 0;
    check_end(f, *f.a);
    return fewer;
  });
}
