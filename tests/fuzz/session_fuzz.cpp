// The input is a sequence of messages from two structured clients, each ended by a zero byte. A message's first byte
// chooses the sender, and how the sender takes its output. Always: the output is JSON, one object a line, and nothing
// comes after the end.
#include <cstdlib>
#include <memory>

#include "core/utf8.h"
#include "support/hub_settings.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Options options = default_options();
  Sessions sessions;
  Hub hub(tight_settings(), stream_kinds());
  SessionPeer peers[] = {{hub, sessions, options}, {hub, sessions, options}};
  for (SessionPeer& peer : peers) peer.session.receive(R"({"id":1,"connect":{"data":{"user":"u"}}})", 0);
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
    if (is_utf8(message) && !peer.why) peer.session.receive(message, now);
    if (choice & 16) hub.flush(now, 10);
    if (choice & 32) peer.session.resume(now);
    for (SessionPeer& each : peers) judge(each);
  }
  return 0;
}
