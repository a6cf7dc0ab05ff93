#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "access/rule_gate.h"
#include "support/hub_settings.h"
#include "support/scripted_door.h"
#include "support/session_fixture.h"
#include "support/session_peer.h"
#include "support/unit.h"

// Two sessions behind a door with tokens and a back end, which answer as the test says.
namespace lws_chat::session_test {

constexpr std::string_view kConnectByToken = R"({"id":1,"connect":{"token":"t"}})";

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct DoorFixture {
  explicit DoorFixture(const Hub::Settings& of = ample_settings()) : settings(of) {}

  ScriptedTokens tokens;
  ScriptedHooks hooks;
  Revocations revoked;
  Doorman doorman{{&tokens, &hooks, &revoked}, true};
  Sessions sessions;
  const Hub::Settings settings;
  RuleGate gate{settings};
  Hub hub{settings, stream_kinds(), {nullptr, nullptr, nullptr, &gate}};
  Options options = default_options();
  Time now = 0;
  std::unique_ptr<SessionPeer> a = peer();
  std::unique_ptr<SessionPeer> b = peer();

  std::unique_ptr<SessionPeer> peer() { return std::make_unique<SessionPeer>(hub, sessions, doorman, options); }
  int64_t today() const { return a->clock / 1000; }

  void admit_by_token(const std::string& token, ConnectionClaims claims) {
    tokens.connections[token] = {TokenVerdict::kValid, "", std::move(claims)};
  }
  void invite_by_token(const std::string& token, SubscriptionClaims claims) {
    tokens.subscriptions[token] = {TokenVerdict::kValid, "", std::move(claims)};
  }
  void flush() {
    for (int i = 0; i < 3 && hub.due() <= now; ++i) hub.flush(now, 1000);
  }
  std::vector<std::string> ask(SessionPeer& peer, std::string_view commands) {
    peer.session.receive(commands, now);
    flush();
    return peer.take();
  }
  std::string ask_one(SessionPeer& peer, std::string_view command) {
    std::vector<std::string> texts = ask(peer, command);
    return texts.size() == 1 ? texts[0] : std::to_string(texts.size()) + " texts";
  }
  void connect(SessionPeer& peer) { CHECK(has(ask_one(peer, R"({"id":1,"connect":{}})"), R"("connect":{"client":)")); }
  void subscribe(SessionPeer& peer, const std::string& room) {
    CHECK(has(ask(peer, R"({"id":2,"subscribe":{"channel":")" + room + "\"}}").at(0), R"("subscribe":{)"));
  }
  // Everything that the client has been sent, one text a line, after it has taken what waits.
  std::string heard(SessionPeer& peer) {
    flush();
    if (!peer.why) peer.session.resume(now);
    std::string all;
    for (const std::string& text : peer.take()) all += text + "\n";
    return all;
  }
  // So many seconds later. The session's alarm rings whenever it is due.
  void pass(SessionPeer& peer, int64_t seconds) {
    for (; seconds > 0; --seconds) {
      now += kSecond;
      for (SessionPeer* each : {a.get(), b.get()}) {
        each->clock += 1000;
        each->steady = now;
      }
      if (peer.alarm > now || peer.why) continue;
      peer.alarm = kNever;
      peer.session.time_is_up(now);
    }
    flush();
  }
  static int error(const std::string& reply) {
    size_t at = reply.find("\"error\":{\"code\":");
    return at == std::string::npos ? 0 : std::stoi(reply.substr(at + 16));
  }
  // What clients held has been given back, once their rooms are forgotten.
  void expect_nothing_held() {
    now += 1000 * kSecond;
    for (int i = 0; i < 5; ++i) hub.flush(now, 1000);
    CHECK_EQ(hub.memory().clients.used() + hub.memory().input.used(), 0u);
  }
};

}  // namespace lws_chat::session_test
