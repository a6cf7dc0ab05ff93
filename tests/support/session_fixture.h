#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/rule_gate.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/unit.h"

// Two sessions of a hub, for tests of the structured dialect.
namespace lws_chat::session_test {

constexpr Time kSecond = 1'000'000;

struct Fixture {
  Sessions sessions;
  const Hub::Settings settings = ample_settings();
  RuleGate gate{settings};
  Hub hub{settings, stream_kinds(), {nullptr, nullptr, nullptr, &gate}};
  Options options = default_options();
  Doorman doorman{{}, true};
  Time now = 0;
  std::unique_ptr<SessionPeer> a = peer();
  std::unique_ptr<SessionPeer> b = peer();

  std::unique_ptr<SessionPeer> peer() { return std::make_unique<SessionPeer>(hub, sessions, doorman, options); }
  void flush() {
    for (int i = 0; i < 3 && hub.due() <= now; ++i) hub.flush(now, 1000);
  }
  // The answers to a peer, with pushes.
  std::vector<std::string> ask(SessionPeer& peer, std::string_view commands) {
    peer.session.receive(commands, now);
    flush();
    return peer.take();
  }
  std::string ask_one(SessionPeer& peer, std::string_view command) {
    std::vector<std::string> texts = ask(peer, command);
    return texts.size() == 1 ? texts[0] : std::to_string(texts.size()) + " texts";
  }
  void connect(SessionPeer& peer, const std::string& data = "{}") {
    CHECK_EQ(ask_one(peer, R"({"id":1,"connect":{"data":)" + data + "}}").substr(0, 28),
             R"({"id":1,"connect":{"client":)");
  }
  void subscribe(SessionPeer& peer, const std::string& room = "room", const std::string& more = "") {
    std::string reply = ask(peer, R"({"id":2,"subscribe":{"channel":")" + room + "\"" + more + "}}").at(0);
    CHECK_EQ(reply.substr(0, 21), R"({"id":2,"subscribe":{)");
  }
  void both_in_room() {
    for (SessionPeer* peer : {a.get(), b.get()}) connect(*peer), subscribe(*peer);
  }
  std::string epoch(const char* room = "room") { return hub.find(room)->epoch(); }
  // The code in {"id":9,"error":{"code":107,... 0: no error.
  int error(const std::string& reply) {
    size_t at = reply.find("\"error\":{\"code\":");
    return at == std::string::npos ? 0 : std::stoi(reply.substr(at + 16));
  }
  std::string client_of(SessionPeer& peer, const std::string& data) {
    std::string reply = ask_one(peer, R"({"id":1,"connect":{"data":)" + data + "}}");
    return reply.substr(29, 32);
  }
};

}  // namespace lws_chat::session_test
