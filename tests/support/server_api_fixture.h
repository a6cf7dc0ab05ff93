#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/rule_gate.h"
#include "api/server_api.h"
#include "dialect/client_info.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"
#include "support/unit.h"

namespace lws_chat {

// A text client, as the hub sees it.
struct Texter final : Client {
  explicit Texter(Hub& of) : Client(kTextKind), hub(of) {}
  bool ready() override { return true; }
  size_t write(std::string_view frames) override {
    got += frames;
    return frames.size();
  }
  void dismissed(Ending how, Time) override { ending = std::move(how); }
  IdentityPtr identity() override {
    if (!identity_) hub.presence().introduce(*this, make_identity("texter", {}, {}));
    return identity_;
  }
  Hub& hub;
  std::string got;
  std::optional<Ending> ending;
};

// A back end and clients of one hub.
struct ServerApiFixture {
  static constexpr Time kSecond = 1'000'000;

  static Hub::Settings make_settings() {
    Hub::Settings made = ample_settings();
    made.max_rooms = 8;
    made.rooms.history.age = 3600 * kSecond;
    return made;
  }

  Sessions sessions;
  const Hub::Settings settings = make_settings();
  RuleGate gate{settings};
  Hub hub{settings, stream_kinds(), {nullptr, nullptr, nullptr, &gate}};
  Options options = default_options();
  Idempotency idempotency;
  Revocations revocations;
  ServerApi::Node node{"node-id", "host/\"vhost\"", 10 * kSecond};
  Time now = 10 * kSecond;
  Texter texter{hub};
  ServerApi::Answer answer;  // the last one

  ~ServerApiFixture() { hub.leave(texter, now); }

  std::unique_ptr<SessionPeer> peer() { return std::make_unique<SessionPeer>(hub, sessions, options); }

  // The answer to a request, without its line end.
  std::string call(std::string_view method, std::string_view body) {
    answer = ServerApi(hub, sessions, idempotency, revocations, options, node)
                 .call(method, body, now, 1'700'000'000'000)
                 .value();
    flush();
    CHECK(!answer.json.empty() && answer.json.back() == '\n');
    return answer.json.substr(0, answer.json.size() - 1);
  }
  void flush() {
    for (int i = 0; i < 5 && hub.due() <= now; ++i) hub.flush(now, 1000);
  }
  // The code in {"error":{"code":107,...}}. 0: no error.
  int error(std::string_view method, std::string_view body) {
    std::string json = call(method, body);
    constexpr std::string_view kBegin = "{\"error\":{\"code\":";
    return json.compare(0, kBegin.size(), kBegin) == 0 ? std::stoi(json.substr(kBegin.size())) : 0;
  }
  std::string epoch(const char* room = "room") { return hub.find(room) ? hub.find(room)->epoch() : "none"; }

  // {"offset":OFFSET,"epoch":EPOCH}
  std::string position(int offset, const char* room = "room") {
    return "{\"offset\":" + std::to_string(offset) + ",\"epoch\":\"" + epoch(room) + "\"}";
  }

  // Connects a client. Returns its id.
  std::string connect(SessionPeer& peer, const std::string& data = "{}") {
    peer.session.receive(R"({"id":1,"connect":{"data":)" + data + "}}", now);
    std::string reply = peer.take_one();
    CHECK_EQ(reply.substr(0, 29), R"({"id":1,"connect":{"client":")");
    return reply.substr(29, 32);
  }
  void subscribe(SessionPeer& peer, const std::string& room = "room") {
    std::string reply = ask(peer, R"({"id":2,"subscribe":{"channel":")" + room + "\"}}");
    CHECK_EQ(reply.substr(0, 21), R"({"id":2,"subscribe":{)");
  }
  std::string ask(SessionPeer& peer, const std::string& command) {
    peer.session.receive(command, now);
    flush();
    return peer.take_one();
  }
  std::string connect_and_subscribe(SessionPeer& peer, const std::string& data = "{}",
                                    const std::string& room = "room") {
    std::string id = connect(peer, data);
    subscribe(peer, room);
    return id;
  }
  std::vector<std::string> heard(SessionPeer& peer) {
    if (peer.asked && !peer.why) peer.session.resume(now);
    return peer.take();
  }
  std::string heard_one(SessionPeer& peer) {
    std::vector<std::string> texts = heard(peer);
    return texts.size() == 1 ? texts[0] : std::to_string(texts.size()) + " texts";
  }
};

}  // namespace lws_chat
