// The input is messages of a structured client in protobuf, each behind two bytes with its length. Always: what can be
// read as a command is valid JSON and not much longer than the bytes; every reply can be read; nothing comes after the
// end; a JSON client in the same room gets one JSON object a line.
#include <cstdlib>

#include "core/utf8.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"

using namespace lws_chat;

namespace {

void judge(std::string_view text) {
  std::vector<JsonMember> members;
  if (!is_utf8(text) || !take_object(text, members, 2 * kMaxJsonDepth) || !text.empty()) std::abort();
}

void judge_command(std::string_view bytes) {
  std::string json;
  if (!append_proto_as_json(json, kProtoCommand, bytes)) return;
  judge(json);
  if (json.size() > 64 + 10 * bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Options options = default_options();
  Sessions sessions;
  Hub hub(tight_settings(), stream_kinds());
  SessionPeer peer(hub, sessions, options, Encoding::kProtobuf);
  SessionPeer witness(hub, sessions, options);
  peer.send(R"({"id":1,"connect":{}})", 0);
  peer.send(R"({"id":2,"subscribe":{"channel":"r"}})", 0);
  witness.session.receive("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"r\"}}", 0);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  judge_command(rest);
  for (Time now = 0; rest.size() > 2; now += 50) {
    auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<unsigned char>(rest[i])); };
    size_t length = byte(0) << 8 | byte(1);
    std::string_view message = rest.substr(2, length);
    rest.remove_prefix(2 + message.size());
    if (!peer.why) peer.session.receive(message, now);
    hub.flush(now, 10);
    for (SessionPeer* each : {&peer, &witness})
      for (const std::string& text : each->take()) judge(text);
    if (peer.why && peer.session.behind()) std::abort();
  }
  return 0;
}
