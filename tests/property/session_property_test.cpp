// A client's answers do not depend on how its commands are spread over messages, nor on how slowly it reads. One client
// sends random commands one by one and reads everything. Other clients send the same commands in random pieces, and
// read little, must wait, or take one frame at a time. So do clients in protobuf.
//
//   property_session SEQUENCES [SEED]
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>

#include "support/hub_settings.h"
#include "support/session_peer.h"

using namespace lws_chat;

namespace {

using Random = std::mt19937;

unsigned pick(Random& random, unsigned n) { return static_cast<unsigned>(random() % n); }

std::string room(Random& random) { return std::string(1, static_cast<char>('a' + pick(random, 4))); }

std::string data(Random& random) {
  switch (pick(random, 5)) {
    case 0: return "\"" + std::string(pick(random, 60), 'x') + "\"";
    case 1: return "{ \"n\" : [1, 2.50, null],\"e\":\"\\u00e9\\n\" }";
    case 2: return "\"" + std::string(pick(random, 30000), 'y') + "\"";
    case 3: return "\"請輸入\"";
    default: return std::to_string(random());
  }
}

std::string command(Random& random, unsigned id) {
  std::string head = "{\"id\":" + std::to_string(id) + ",";
  std::string channel = "{\"channel\":\"" + room(random) + "\"";
  switch (pick(random, 12)) {
    case 0:
    case 1: return head + "\"subscribe\":" + channel + "}}";
    case 2:
      return head + "\"subscribe\":" + channel + ",\"recover\":true,\"offset\":" + std::to_string(pick(random, 5)) +
             "}}";
    case 3: return head + "\"unsubscribe\":" + channel + "}}";
    case 4: return head + "\"presence\":" + channel + "}}";
    case 5: return head + "\"presence_stats\":" + channel + "}}";
    case 6:
      return head + "\"history\":" + channel + ",\"limit\":" + std::to_string(pick(random, 8)) + ",\"reverse\":true}}";
    case 7: return head + "\"ping\":{}}";
    case 8: return "{}";
    default: return head + "\"publish\":" + channel + ",\"data\":" + data(random) + "}}";
  }
}

// Removes the times of publications, which differ.
std::string without_times(std::string text) {
  static const std::string key = ",\"time\":";
  for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;)
    text.erase(at, text.find_first_not_of("0123456789", at + key.size()) - at);
  return text;
}

// A reply or push as it is when it has been protobuf.
std::string by_proto(const std::string& json) {
  std::string bytes;
  append_json_as_proto(bytes, kProtoReply, json);
  std::string back;
  if (!append_proto_as_json(back, kProtoReply, bytes)) std::abort();
  return back;
}

struct World {
  explicit World(Encoding encoding = Encoding::kJson) : peer(hub, sessions, options, encoding) {}

  static Hub::Settings settings() {
    Hub::Settings settings;
    settings.random = known_random();
    settings.max_lag = 64 << 20;
    settings.max_rooms = 100;
    settings.max_memory = 256 << 20;
    settings.rooms.history = {20, 1 << 20, 1'000'000'000};
    settings.rooms.presence = settings.rooms.join_leave = true;
    return settings;
  }
  void flush() {
    while (hub.due() <= now) hub.flush(now, 1000);
    now += 1000;
  }

  Sessions sessions;
  Hub hub{settings(), stream_kinds()};
  Options options = default_options();
  Time now = 0;
  SessionPeer peer;
  std::vector<std::string> replies;
  std::map<std::string, std::string> pushes;  // by room

  void collect() {
    for (std::string& text : peer.take()) {
      text = without_times(peer.in_protobuf ? text : by_proto(text));
      if (text.rfind("{\"id\":", 0) == 0)
        replies.push_back(text);
      else if (text.rfind("{\"push\":{\"channel\":", 0) == 0)
        pushes[text.substr(20, 1)] += text;
    }
  }
};

// Sends commands one by one, with a flush after each.
void calm(World& world, const std::vector<std::string>& commands) {
  for (const std::string& text : commands) {
    world.peer.session.receive(text, world.now);
    world.flush();
    // A long replay stops in between.
    for (int i = 0; i < 10000 && world.peer.session.behind(); ++i) world.peer.session.resume(world.now);
  }
  world.collect();
}

void wild(World& world, const std::vector<std::string>& commands, Random& random, bool slow) {
  world.peer.one_frame = pick(random, 2) == 0;
  std::string message;
  for (const std::string& text : commands) {
    if (world.peer.in_protobuf)
      message += SessionPeer::proto_of(text);
    else
      message += (message.empty() ? "" : pick(random, 5) ? "\n" : " \r\n\n") + text;
    if (pick(random, 6) > 0 && message.size() < 30000) continue;
    if (slow) world.peer.appetite = static_cast<int>(pick(random, 4));
    world.peer.allowance = static_cast<int>(pick(random, 4));
    world.peer.session.receive(message, world.now);
    message.clear();
    if (pick(random, 2)) world.flush();
    world.collect();
    // Like the connection: do the commands that a pause has kept before reading more.
    for (int i = 0; i < 10000 && (world.peer.session.behind() || world.peer.session.waits()); ++i) {
      world.peer.appetite = slow ? static_cast<int>(pick(random, 3)) : 1 << 30;
      world.peer.allowance = static_cast<int>(pick(random, 4));
      world.peer.session.resume(world.now);
      world.collect();
    }
  }
  world.peer.appetite = 1 << 30;
  world.peer.allowance = 0;
  world.peer.session.receive(message, world.now);
  for (int i = 0; i < 10000 && (world.peer.session.behind() || world.peer.session.waits()); ++i)
    world.peer.session.resume(world.now);
  world.flush();
  for (int i = 0; i < 100; ++i) world.peer.session.resume(world.now);
  world.collect();
}

[[noreturn]] void fail(const char* what, unsigned seed) {
  std::fprintf(stderr, "broken with seed %u: %s\n", seed, what);
  std::exit(1);
}

void compare(unsigned seed) {
  Random random(seed);
  std::vector<std::string> commands = {R"({"id":1,"connect":{"data":{"user":"u"}}})"};
  for (unsigned id = 2; id < 60; ++id) commands.push_back(command(random, id));
  World reference;
  calm(reference, commands);
  for (unsigned i = 0; i < 4; ++i) {
    bool slow = i & 1;
    World world(i & 2 ? Encoding::kProtobuf : Encoding::kJson);
    wild(world, commands, random, slow);
    if (world.peer.why) fail("the session ended", seed);
    for (size_t n = 0; n < reference.replies.size(); ++n)
      if (n >= world.replies.size() || world.replies[n] != reference.replies[n])
        fail(("expected " + reference.replies[n].substr(0, 2000) + "\ngot " +
              (n < world.replies.size() ? world.replies[n].substr(0, 2000) : "nothing"))
                 .c_str(),
             seed);
    if (world.replies.size() != reference.replies.size()) fail("more replies", seed);
    // A slow client may leave a room before it has read everything.
    if (!slow && world.pushes != reference.pushes) fail("other publications", seed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  unsigned sequences = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1000;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : std::random_device()();
  std::printf("%u sequences from seed %u\n", sequences, seed);
  for (unsigned i = 0; i < sequences; ++i) compare(seed + i);
  std::puts("held");
}
