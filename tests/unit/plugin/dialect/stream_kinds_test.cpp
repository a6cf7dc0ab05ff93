#include "dialect/stream_kinds.h"

#include <string>
#include <vector>

#include "support/deflated.h"
#include "support/hub_calls.h"
#include "support/session_fixture.h"
#include "support/text_peer.h"
#include "wire/deflater.h"

using namespace lws_chat;
using namespace lws_chat::session_test;

namespace {

// A structured client that has negotiated compression, in a hub that compresses.
class PackedPeer final : public SessionPeer {
 public:
  using SessionPeer::SessionPeer;
  ~PackedPeer() override { session.lost(0); }
  bool packs() const override { return true; }

  // The messages that it was sent; compressed ones begin with '*'.
  std::vector<std::string> messages() {
    std::vector<std::string> texts;
    for (std::string_view rest = bytes; !rest.empty();) {
      bool compressed = (rest[0] & 0x40) != 0;
      Frame frame = first_frame(rest);
      texts.push_back(compressed ? "*" + inflated(std::string(frame.payload)) : std::string(frame.payload));
      rest.remove_prefix(frame.size);
    }
    bytes.clear();
    return texts;
  }
};

struct World {
  Deflater deflater{20};
  Sessions sessions;
  const Hub::Settings settings = with_deltas();
  RuleGate gate{settings};
  Hub hub{settings, stream_kinds_with(deflater), {nullptr, nullptr, nullptr, &gate}};
  Options options = default_options();
  Doorman doorman{{}, true};
  Time now = 0;

  static Hub::Settings with_deltas() {
    Hub::Settings settings = ample_settings();
    for (auto& space : settings.namespaces) space.second.delta = Delta::kFossil;
    settings.rooms.delta = Delta::kFossil;
    return settings;
  }
  void publish(const std::string& json) {
    now += 1'000'000;
    CHECK(lws_chat::publish(hub, "room", Message{json, Format::kJson}, now).status == Status::kOk);
    for (int i = 0; i < 3; ++i) hub.flush(now, 1000);
  }
};

std::string state(int number) {
  return "{\"clock\":" + std::to_string(number) + ",\"players\":\"" + std::string(300, 'p') + "\"}";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_packed_kind_differs_only_in_its_packer) {
  Deflater deflater(1);
  StreamKinds kinds = stream_kinds_with(deflater);
  CHECK_EQ(kinds.size(), 2u * kPackedKinds);
  CHECK(kinds.size() <= kMaxKinds);
  for (KindId id = 0; id < kPackedKinds; ++id) {
    const StreamKind& plain = kinds[id];
    const StreamKind& packed = kinds[packed_kind(id)];
    CHECK(!plain.packer && packed.packer == &deflater);
    CHECK(plain.encode == packed.encode && plain.patch == packed.patch && plain.dialect == packed.dialect);
    CHECK(plain.joins == packed.joins && plain.positions == packed.positions && plain.recognized == packed.recognized);
    CHECK_EQ(unsigned{packed.next}, unsigned{plain.next == kNoKind ? kNoKind : packed_kind(plain.next)});
    CHECK_EQ(has_deltas(packed_kind(id)), has_deltas(id));
  }
}

TEST(a_text_client_with_compression_reads_the_same_as_one_without) {
  World world;
  TextPeer plain(world.hub, world.options);
  TextPeer packed(world.hub, world.options, true);
  for (TextPeer* peer : {&plain, &packed}) peer->session.enter("room", 0);
  CHECK(plain.say(std::string(100, 'a')) == Status::kOk);
  world.hub.flush(0, 100);
  CHECK_EQ(plain.got, "\x81\x64" + std::string(100, 'a'));
  CHECK_EQ(packed.got[0], '\xc1');
  CHECK_EQ(inflated(std::string(first_frame(packed.got).payload)), std::string(100, 'a'));
}

TEST(a_structured_client_with_compression_gets_short_messages_as_they_are_and_long_ones_compressed) {
  World world;
  PackedPeer packed(world.hub, world.sessions, world.doorman, world.options);
  SessionPeer plain(world.hub, world.sessions, world.doorman, world.options);
  for (SessionPeer* peer : {static_cast<SessionPeer*>(&packed), &plain}) {
    peer->session.receive("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"room\"}}", 0);
    CHECK_EQ(peer->bytes[0], '\x81');
    peer->bytes.clear();
  }
  world.publish(state(1));
  std::vector<std::string> got = packed.messages();
  CHECK_EQ(got.size(), 1u);
  CHECK_EQ(got[0], "*" + plain.take_one());
  CHECK_EQ(world.deflater.counters().messages, 1u);
}

TEST(deltas_are_compressed_too) {
  World world;
  PackedPeer packed(world.hub, world.sessions, world.doorman, world.options);
  packed.session.receive(
      "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"room\",\"delta\":\"fossil\"}}", 0);
  packed.bytes.clear();
  for (int number : {1, 2, 3}) world.publish(state(number));
  std::vector<std::string> got = packed.messages();
  CHECK_EQ(got.size(), 3u);
  CHECK(has(got[0], "ppp") && got[0][0] == '*');
  for (int i : {1, 2}) CHECK(has(got[i], "\"delta\":true") && !has(got[i], "ppp"));
}
