// The input is a sequence of messages from two structured clients, each ended by a zero byte. A message's first byte
// chooses the sender, and how the sender takes its output. Always: the output is JSON, one object a line, and nothing
// comes after the end. The clients are behind a door. A message "!" and letters changes it: l answers come late or at
// once, a answers a question, k brings keys, p fails, d denies, o lets in, e makes time pass so that things expire,
// r revokes, x ends the session when it has been sent everything.
#include <cstdlib>
#include <memory>

#include "core/utf8.h"
#include "support/hub_settings.h"
#include "support/revoked.h"
#include "support/scripted_door.h"
#include "support/session_peer.h"

using namespace lws_chat;

namespace {

void judge(SessionPeer& peer) {
  bool over = peer.why.has_value();
  for (const std::string& text : peer.take()) {
    std::string_view rest = text;
    std::vector<JsonMember> members;
    if (!is_utf8(text) || !take_object(rest, members) || !rest.empty()) std::abort();
  }
  if (over && peer.session.behind()) std::abort();
}

struct Door {
  Door() {
    int64_t soon = 1'700'000'010;
    ConnectionClaims claims{"u", "1", "2", soon, {{"in", "3", "4", {}, soon}, {"by", {}, {}, {}, 0}}, "id", 0};
    tokens.connections["t"] = {TokenVerdict::kValid, "", claims};
    tokens.subscriptions["t"] = {TokenVerdict::kValid, "", {"u", "r", {}, "5", "6", {}, soon, "id", 0}};
    tokens.connections["k"] = {TokenVerdict::kUnknownKey, "", {}};
    hooks.connects.result = {"u", "1", "2", "3", soon, claims.subscriptions};
    hooks.subscribes.result.expires_at = soon;
    tokens.late = true;
  }

  void script(std::string_view letters, SessionPeer& peer, Time now) {
    for (char letter : letters) {
      std::string problem = letter == 'p' ? "down" : "";
      std::optional<HookDenial> denial;
      if (letter == 'd') denial = HookDenial{4500, "no", false, hooks.asked % 2 == 0};
      if (letter == 'p' || letter == 'd' || letter == 'o') {
        hooks.connects.problem = hooks.refreshes.problem = hooks.subscribes.problem = hooks.publishes.problem = problem;
        hooks.connects.denial = hooks.refreshes.denial = hooks.subscribes.denial = hooks.rpcs.denial = denial;
      }
      if (letter == 'l') hooks.late = !hooks.late;
      if (letter == 'a' && !hooks.waiting.empty()) hooks.answer();
      if (letter == 'k' && !tokens.fetches.empty()) {
        Promise<KeysAre> keys = tokens.fetches.front();
        tokens.fetches.pop_front();
        keys.keep(static_cast<KeysAre>(tokens.fetches.size() % 3));
      }
      if (letter == 'e') {
        peer.clock += 40'000;
        peer.steady = now;
        if (!peer.why) peer.session.time_is_up(now);
      }
      if (letter == 'r' && is_revoked(revoked.revoke_token("id", peer.clock, 0)) && !peer.why)
        peer.session.check_revoked(now);
      if (letter == 'x' && !peer.why) peer.session.end_after_head(Status::kRestarting, now);
    }
  }

  ScriptedTokens tokens;
  ScriptedHooks hooks;
  Revocations revoked;
  Doorman doorman{{&tokens, &hooks, &revoked}, true};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Options options = default_options();
  Sessions sessions;
  Hub::Settings settings = tight_settings();
  settings.rooms.subscribe_hook = settings.rooms.publish_hook = settings.rooms.sub_refresh_hook = true;
  Hub hub(settings, stream_kinds());
  Door door;
  SessionPeer peers[] = {{hub, sessions, door.doorman, options}, {hub, sessions, door.doorman, options}};
  for (SessionPeer& peer : peers) peer.session.receive(R"({"id":1,"connect":{"token":"t"}})", 0);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (Time now = 0; !rest.empty(); now += 50) {
    size_t end = std::min(rest.find('\0'), rest.size());
    std::string message(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (message.empty()) continue;
    auto choice = static_cast<unsigned char>(message[0]);
    SessionPeer& peer = peers[choice & 1];
    peer.appetite = choice & 2 ? choice >> 6 : 1 << 30;
    peer.one_frame = choice & 4;
    peer.allowance = choice & 8 ? 2 : 0;
    message.erase(0, 1);
    if (message[0] == '!')
      door.script(message, peer, now);
    else if (is_utf8(message) && !peer.why)
      peer.session.receive(message, now);
    if (choice & 16) hub.flush(now, 10);
    if (choice & 32) peer.session.resume(now);
    for (SessionPeer& each : peers) judge(each);
  }
  return 0;
}
