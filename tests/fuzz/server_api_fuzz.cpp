// The input is a sequence of a back end's requests, each ended by a zero byte. A request's first byte chooses the
// method, the time, and an action before the next request; the rest is the body. Three clients are connected. Always:
// the answer is one JSON object with a result or an error, and clients get JSON.
#include <cstdlib>
#include <iterator>

#include "api/server_api.h"
#include "core/utf8.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"

using namespace lws_chat;

namespace {

constexpr std::string_view kMethods[] = {"publish",     "broadcast",      "presence", "presence_stats",
                                         "history",     "history_remove", "channels", "info",
                                         "unsubscribe", "disconnect",     "batch"};

// Returns true if a text is one object. `name` becomes the name of its only member, if it has one member.
bool is_object(std::string_view text, std::string& name) {
  std::vector<JsonMember> members;
  if (!is_utf8(text) || !take_object(text, members) || !text.empty()) return false;
  if (members.size() == 1) name = members[0].name;
  return true;
}

void judge(SessionPeer& peer) {
  bool over = peer.why.has_value();
  std::string name;
  for (const std::string& text : peer.take())
    if (!is_object(text, name)) std::abort();
  if (over && peer.session.behind()) std::abort();
}

void judge(const ServerApi::Answer& answer) {
  std::string_view json = answer.json;
  std::string name;
  if (json.empty() || json.back() != '\n') std::abort();
  json.remove_suffix(1);
  if (json.find('\n') != std::string_view::npos || !is_object(json, name)) std::abort();
  if (name != "result" && name != "replies" && name != "error") std::abort();
  if (answer.status != 200 && (answer.status != 400 || name != "error")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Options options = default_options();
  Sessions sessions;
  Hub hub(tight_settings(), stream_kinds());
  Idempotency idempotency;
  Revocations revocations;
  ServerApi::Node node{"node", "name", 0};
  ServerApi api(hub, sessions, idempotency, revocations, options, node);
  SessionPeer peers[] = {{hub, sessions, options}, {hub, sessions, options}, {hub, sessions, options}};
  peers[0].session.receive(
      "{\"id\":1,\"connect\":{\"data\":{\"user\":\"u\",\"session\":\"s\"}}}\n{\"id\":2,\"subscribe\":{\"channel\":"
      "\"r\"}}",
      0);
  peers[1].session.receive(
      "{\"id\":1,\"connect\":{\"data\":{\"user\":\"u\"}}}\n{\"id\":2,\"subscribe\":{\"channel\":\"r\",\"join_leave\":"
      "true}}\n"
      "{\"id\":3,\"subscribe\":{\"channel\":\"bare:r\"}}",
      0);
  peers[2].session.receive("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"bare:r\"}}", 0);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (Time now = 0; !rest.empty();) {
    size_t end = std::min(rest.find('\0'), rest.size());
    std::string_view request = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (request.empty()) continue;
    auto choice = static_cast<unsigned char>(request[0]);
    std::string_view method = kMethods[(choice & 15) % std::size(kMethods)];
    now += choice & 16 ? Idempotency::kKeep : 50;
    peers[0].appetite = choice & 32 ? 1 : 1 << 30;
    judge(api.call(method, request.substr(1), now, 1).value());
    if (choice & 64) hub.flush(now, 10);
    for (SessionPeer& peer : peers) {
      if (choice & 128) peer.session.receive(R"({"id":9,"subscribe":{"channel":"r"}})", now);
      if (peer.asked && !peer.why) peer.session.resume(now);
      judge(peer);
    }
  }
  return 0;
}
