// Clients with and without deltas in two rooms. They subscribe, unsubscribe, stall, lose their connection, come back
// and recover at random, while messages that are more or less alike are published, some of them without history. Each
// client must get exactly what was published, in order; what has an offset without a gap, unless it was told of one.
//
//   property_delta SEQUENCES [SEED]
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/delta_reader.h"
#include "support/hub_calls.h"
#include "support/hub_settings.h"
#include "support/session_peer.h"

using namespace lws_chat;

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

std::string text_at(std::string_view json, const std::vector<std::string_view>& path) {
  JsonValue value;
  return DeltaReader::find(json, path, value) ? std::string(value.text) : std::string();
}

uint64_t number_at(std::string_view json, const std::vector<std::string_view>& path) {
  return std::strtoull(text_at(json, path).c_str(), nullptr, 10);
}

constexpr std::array<const char*, 2> kRooms = {"a", "b"};

struct World {
  static Hub::Settings settings() {
    Hub::Settings settings = ample_settings();
    settings.rooms.history = {15, 1 << 20, 1'000'000'000};
    settings.max_lag = 1 << 26;
    return settings;
  }

  unsigned pick(unsigned n) { return static_cast<unsigned>(random() % n); }
  void flush() {
    for (int i = 0; i < 3 && hub.due() <= now; ++i) hub.flush(now, 1000);
  }

  // Fields of the last message change, or it is another one.
  void publish() {
    std::string room = kRooms[pick(2)];
    std::string& state = states[room];
    if (state.empty() || pick(10) == 0) state.assign(pick(600), static_cast<char>('a' + pick(26)));
    for (unsigned i = pick(5); i > 0 && !state.empty(); --i) {
      size_t at = pick(static_cast<unsigned>(state.size()));
      static constexpr std::string_view kParts[] = {"", "z", "好", "ü", "\\n", "0123456789"};
      if (static_cast<unsigned char>(state[at]) < 0x80 && state[at] != '\\' && (at == 0 || state[at - 1] != '\\'))
        state.replace(at, 1, kParts[pick(6)]);
    }
    std::string data = "{\"n\":" + std::to_string(published.size()) + ",\"state\":\"" + state + "\"}";
    published.push_back(data);
    if (lws_chat::publish(hub, room, Message{data, Format::kJson, {}, {}, pick(8) == 0}, now).status != Status::kOk)
      fail("a publication was refused");
    if (pick(3) > 0) flush();
  }

  std::mt19937 random;
  Sessions sessions;
  Hub hub{settings(), stream_kinds()};
  Options options = default_options();
  Time now = 0;
  std::vector<std::string> published;  // by the number in each
  std::map<std::string, std::string> states;
  size_t deltas = 0;
  size_t recovered = 0;
  size_t unrecovered = 0;
};

// A client as an SDK is one.
class Sdk {
 public:
  Sdk(World& world, bool with_deltas) : world_(world), with_deltas_(with_deltas) { connect(); }
  ~Sdk() {
    for (auto& [name, room] : rooms_) world_.deltas += room.reader.deltas;
  }

  void step() {
    peer_->appetite = world_.pick(3) == 0 ? static_cast<int>(world_.pick(3)) : 1 << 30;
    peer_->one_frame = world_.pick(4) == 0;
    unsigned dice = world_.pick(20);
    Room& room = rooms_[kRooms[world_.pick(2)]];
    if (dice == 0) connect();
    if (dice < 4 && !room.wanted && !room.leaving) subscribe(room);
    if (dice == 4 && room.wanted && room.in) leave(room);
    peer_->session.resume(world_.now);
    read();
  }

  // Takes all there is. Everything that was published must be there.
  void finish() {
    peer_->appetite = 1 << 30;
    for (int i = 0; i < 200; ++i) {
      world_.now += 10000;
      world_.flush();
      peer_->session.resume(world_.now);
      read();
    }
    for (auto& [name, room] : rooms_)
      if (room.wanted && room.offset != world_.hub.find(name)->history().top())
        fail("a client lacks the last messages");
  }

 private:
  struct Room {
    std::string name;
    bool wanted = false;   // subscribed, or about to be
    bool in = false;       // the reply has come
    bool leaving = false;  // the reply to unsubscribe has not come
    unsigned id = 0;       // of the command that is under way
    bool known = false;    // there is a position
    uint64_t offset = 0;
    std::string epoch;
    long last = -1;  // number of the last message
    DeltaReader reader;
  };

  // The old connection is lost, with what it had not read.
  void connect() {
    peer_ = nullptr;
    peer_ = std::make_unique<SessionPeer>(world_.hub, world_.sessions, world_.options);
    peer_->session.receive(R"({"id":1,"connect":{}})", world_.now);
    for (const char* name : kRooms) {
      Room& room = rooms_[name];
      room.name = name;
      room.in = room.leaving = false;
      if (room.wanted) subscribe(room);
    }
  }

  void subscribe(Room& room) {
    room.wanted = true;
    room.id = ++id_;
    std::string command = "{\"id\":" + std::to_string(room.id) + ",\"subscribe\":{\"channel\":\"" + room.name + "\"";
    if (with_deltas_) command += ",\"delta\":\"fossil\"";
    if (world_.pick(2)) command += ",\"join_leave\":true";
    if (room.known)
      command += ",\"recover\":true,\"offset\":" + std::to_string(room.offset) + ",\"epoch\":" + room.epoch;
    peer_->session.receive(command + "}}", world_.now);
  }

  void leave(Room& room) {
    room.wanted = false;
    room.leaving = true;
    room.id = ++id_;
    peer_->session.receive(
        "{\"id\":" + std::to_string(room.id) + ",\"unsubscribe\":{\"channel\":\"" + room.name + "\"}}", world_.now);
  }

  void read() {
    for (const std::string& text : peer_->take()) {
      if (peer_->why) fail("a session ended");
      for (auto& [name, room] : rooms_)
        if (number_at(text, {"id"}) == room.id && room.id > 0) answered(room, text);
      std::string channel = text_at(text, {"push", "channel"});
      JsonValue publication;
      if (!channel.empty() && DeltaReader::find(text, {"push", "pub"}, publication))
        took(rooms_[channel.substr(1, 1)], publication);
    }
  }

  void answered(Room& room, const std::string& reply) {
    if (room.leaving) return void(room.leaving = room.in = false);
    room.in = true;
    if (text_at(reply, {"subscribe"}).empty()) fail(reply.c_str());
    if ((text_at(reply, {"subscribe", "delta"}) == "true") != with_deltas_) fail("delta was not answered");
    uint64_t offset = number_at(reply, {"subscribe", "offset"});
    bool recovered = text_at(reply, {"subscribe", "recovered"}) == "true";
    if (room.known) ++(recovered ? world_.recovered : world_.unrecovered);
    if (recovered && offset != room.offset) fail("recovered from another position");
    room.known = true;
    room.offset = offset;
    room.epoch = text_at(reply, {"subscribe", "epoch"});
    JsonValue publications;
    if (!DeltaReader::find(reply, {"subscribe", "publications"}, publications)) return;
    for (const JsonValue& publication : elements_of(publications)) took(room, publication);
  }

  void took(Room& room, const JsonValue& publication) {
    std::string data = with_deltas_ ? room.reader.read(publication) : text_at(publication.text, {"data"});
    long number = static_cast<long>(number_at(data, {"n"}));
    if (data != world_.published.at(static_cast<size_t>(number))) fail("not what was published");
    uint64_t offset = number_at(publication.text, {"offset"});
    // A client that recovers has perhaps seen a later message without offset before.
    if (offset == 0 && number <= room.last) fail("a message without offset came twice or late");
    if (offset > 0 && offset != room.offset + 1) fail("a message is missing, or came twice");
    if (offset > 0) room.offset = offset;
    room.last = std::max(room.last, number);
  }

  World& world_;
  const bool with_deltas_;
  unsigned id_ = 1;
  std::map<std::string, Room> rooms_;
  std::unique_ptr<SessionPeer> peer_;
};

void run(unsigned seed, std::array<size_t, 3>& counts) {
  World world;
  world.random.seed(seed);
  {
    std::vector<std::unique_ptr<Sdk>> clients;
    for (unsigned i = 0; i < 6; ++i) clients.push_back(std::make_unique<Sdk>(world, i % 3 > 0));
    for (int i = 0; i < 600; ++i) {
      world.now += world.pick(3000);
      if (world.pick(3) == 0) world.publish();
      clients[world.pick(6)]->step();
    }
    for (auto& client : clients) client->finish();
  }
  counts[0] += world.deltas;
  counts[1] += world.recovered;
  counts[2] += world.unrecovered;
}

}  // namespace

int main(int argc, char** argv) {
  unsigned sequences = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 100;
  unsigned seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : std::random_device()();
  std::printf("%u sequences from seed %u\n", sequences, seed);
  std::fflush(stdout);
  std::array<size_t, 3> counts{};
  for (unsigned i = 0; i < sequences; ++i) run(seed + i, counts);
  std::printf("held; %zu deltas, %zu recovered, %zu not\n", counts[0], counts[1], counts[2]);
  for (size_t count : counts)
    if (count == 0) fail("something did not occur");
}
