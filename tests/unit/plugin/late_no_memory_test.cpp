// An answer that comes late comes once. The N-th allocation while a client acts on it fails, for each N: the client
// gets its answer or is closed, but never waits for ever.
#include <deque>
#include <memory>
#include <new>
#include <string>

#include "dialect/stream_kinds.h"
#include "support/desk.h"
#include "support/event_peer.h"
#include "support/failing_new.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/text_peer.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

// Judges joins and publications when the test says so.
struct SlowGate final : Gate {
  Deferred<Status> judge(const Grant&, Action action, std::string_view, const Message*) override {
    if (action != Action::kJoin && action != Action::kPublish) return Status::kOk;
    asked.emplace_back();
    return asked.back().deferred();
  }
  void permit() {
    Promise<Status> promise = asked.front();
    asked.pop_front();
    promise.keep(Status::kOk);
  }
  std::deque<Promise<Status>> asked;
};

struct World {
  World() {
    HubSeams seams;
    seams.gate = &gate;
    hub = std::make_unique<Hub>(ample_settings(), stream_kinds(), seams);
  }

  // The answer comes, and allocation `n` while the hub acts on it fails. Returns whether there were fewer.
  bool answer(long n) {
    gate.permit();
    until_failure = n;
    try {
      Armed now_it_counts;
      hub->flush(1, 1000);
    } catch (const std::bad_alloc&) {
      // The loop flushes again.
    }
    bool fewer = until_failure > 0;
    until_failure = 0;
    for (int i = 0; i < 5; ++i) hub->flush(1, 1000);
    return fewer;
  }

  SlowGate gate;
  Options options = default_options();
  Sessions sessions;
  std::unique_ptr<Hub> hub;
};

// The lines that the client has received since the last call.
std::string all_of(SessionPeer& peer) {
  std::string all;
  for (const std::string& line : peer.take()) all += line + "\n";
  return all;
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

TEST(a_text_client_that_joins_late_is_in_its_room_or_closed) {
  for_each_allocation([](long n) {
    World w;
    TextPeer peer(*w.hub, w.options);
    peer.session.enter("room", 0);
    bool fewer = w.answer(n);
    CHECK((peer.session.room() != nullptr) != (peer.why != Status::kOk));
    CHECK(!peer.held || peer.asked || peer.why != Status::kOk);
    return fewer;
  });
}

TEST(a_session_that_subscribes_late_gets_a_reply_or_is_closed) {
  for_each_allocation([](long n) {
    World w;
    SessionPeer peer(*w.hub, w.sessions, w.options);
    peer.session.receive(R"({"id":1,"connect":{}})", 0);
    (void)peer.take();
    peer.session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", 0);
    bool fewer = w.answer(n);
    CHECK(peer.why || all_of(peer).find("\"id\":2") != std::string::npos);
    return fewer;
  });
}

TEST(an_event_stream_that_joins_late_is_in_its_room_or_closed) {
  for_each_allocation([](long n) {
    World w;
    EventPeer peer(*w.hub, w.options);
    peer.session.enter({"room"}, "", 0);
    bool fewer = w.answer(n);
    CHECK(peer.why || peer.asked);
    CHECK((w.hub->rooms().occupied() == 1) != (peer.why.has_value()));
    return fewer;
  });
}

TEST(a_publication_that_is_permitted_late_is_out_or_refused) {
  for_each_allocation([](long n) {
    World w;
    SessionPeer peer(*w.hub, w.sessions, w.options);
    peer.session.receive(R"({"id":1,"connect":{}})", 0);
    peer.session.receive(R"({"id":2,"subscribe":{"channel":"room"}})", 0);
    w.answer(0);
    peer.session.resume(1);
    (void)peer.take();
    peer.session.receive(R"({"id":3,"publish":{"channel":"room","data":7}})", 1);
    bool fewer = w.answer(n);
    peer.session.resume(1);
    w.hub->flush(2'000'000, 1000);
    std::string told = all_of(peer);
    bool out = w.hub->find("room") && w.hub->find("room")->history().top() == 1;
    if (!peer.why) CHECK(told.find(out ? "\"id\":3,\"publish\":{}" : "\"id\":3,\"error\"") != std::string::npos);
    return fewer;
  });
}

TEST(a_text_client_that_a_back_end_admits_late_is_in_its_room_or_closed) {
  for_each_allocation([](long n) {
    Desk desk;
    Options options = default_options();
    desk.hooks.connects.on = true;
    TextPeer peer(*desk.hub, options);
    peer.session.enter("room", 0, desk.arrival({"room"}));
    HookReply<ConnectResult> reply;
    reply.given = true;
    reply.result.user = "a user with a name that is not short";
    reply.result.info = R"({"name":"a name"})";
    reply.result.expires_at = 1'700'000'060;
    until_failure = n;
    {
      Armed now_it_counts;
      desk.hooks.connects.reply(reply);
    }
    bool fewer = until_failure > 0;
    until_failure = 0;
    CHECK((peer.session.room() != nullptr) != (peer.why != Status::kOk));
    CHECK_EQ(desk.sessions.of_user(reply.result.user).size(), peer.why == Status::kOk ? 1u : 0u);
    CHECK(!peer.held || peer.asked || peer.why != Status::kOk);
    return fewer;
  });
}

TEST(an_event_stream_with_a_token_is_in_its_rooms_or_refused) {
  for_each_allocation([](long n) {
    Desk desk;
    Options options = default_options();
    ConnectionClaims claims;
    claims.user = "a user with a name that is not short";
    claims.info = R"({"name":"a name"})";
    desk.tokens.connections["token"] = claims;
    EventPeer peer(*desk.hub, options);
    std::unique_ptr<Arrival> arrival = desk.arrival({"a", "b"}, "token");
    bool fewer = false;
    try {
      until_failure = n;
      Armed now_it_counts;
      if (arrival->ask([] {}) && !arrival->denial()) peer.session.enter({"a", "b"}, "", 0, arrival.get());
      fewer = until_failure > 0;
    } catch (const std::bad_alloc&) {
      // The connection is dropped, and the session with it.
      peer.session.lost(0);
    }
    until_failure = 0;
    CHECK_EQ(desk.sessions.of_user(claims.user).size(), fewer ? 1u : 0u);
    CHECK_EQ(desk.hub->rooms().occupied(), fewer ? 2u : 0u);
    return fewer;
  });
}
