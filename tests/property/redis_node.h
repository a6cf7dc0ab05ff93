// A node of the model: a hub with its broker, and readers.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/hub.h"
#include "core/recovery.h"
#include "property/redis_model.h"
#include "property/redis_record.h"
#include "redis/broker.h"
#include "support/hub_kinds.h"

namespace lws_chat::redis_model {

constexpr Time kSecond = 1'000'000;
constexpr Time kGrace = 5 * kSecond;

inline void encode(FrameSink& sink, const Event& event) {
  switch (event.kind) {
    case Event::Kind::kJoin: return sink.append("+", std::string(event.message.publisher) + "\n");
    case Event::Kind::kLeave: return sink.append("-", std::string(event.message.publisher) + "\n");
    case Event::Kind::kPublication:
      sink.append("P" + std::to_string(event.offset) + ":" + std::string(event.epoch) + "=",
                  std::string(event.message.payload) + "\n");
  }
}

inline Hub::Settings node_settings(unsigned seed) {
  Hub::Settings settings;
  settings.max_lag = 16 << 20;
  settings.flush_interval = 1000;
  settings.max_rooms = 100;
  settings.max_memory = 256 << 20;
  settings.random = [source = std::mt19937(seed)](unsigned char* bytes, size_t size) mutable {
    while (size-- > 0) *bytes++ = static_cast<unsigned char>(source());
  };
  auto add = [&](const char* name, uint64_t messages, bool presence) {
    RoomSettings& rooms = settings.namespaces.emplace_back(name, RoomSettings()).second;
    rooms.shared = true;
    rooms.history = {messages, 8 << 20, 300 * kSecond};
    rooms.presence = rooms.join_leave = presence;
    rooms.presence_grace = presence ? kGrace : 0;
  };
  add("few", 5, true);
  add("none", 0, true);
  add("big", 700, false);
  return settings;
}

class Node;

// Somebody who is, or was, in a room.
struct Visitor {
  std::string room;
  KindId kind = kMember;
  IdentityPtr who;
  std::optional<Position> seen{};
  std::string key{};  // if it may come back as the same one
  Time key_until = 0;
  bool named = false;  // the key is of a session that the client gave a name
};

struct Reader final : Client {
  Reader(Node& where, Visitor of) : Client(of.kind), node(where), visitor(std::move(of)) { identity_ = visitor.who; }
  bool ready() override { return open; }
  size_t write(std::string_view frames) override;
  void dismissed(Ending ending, Time) override;
  std::string_view return_key() const override { return visitor.key; }
  void take_publication(std::string_view frame);
  void take_change(std::string_view frame);
  void ask_who();

  Node& node;
  Visitor visitor;
  Lifetime lifetime;
  bool open = true;
  bool pending = true;  // Hub::join() has not answered
  bool gone = false;    // dismissed
  Time asked_at = 0;
  std::string epoch{};  // of its last position
  uint64_t last = 0;
  Id last_id = 0;
  std::set<Id> unnumbered{};
  // Who is there, as a reader knows who is told who comes and goes, and has asked once.
  std::set<std::string> present{};
  std::vector<std::string> changes{};  // that came before the answer
  bool asked_who = false;
  bool knows_who = false;
  std::map<std::string, uint64_t> stood{};  // in a room without a history: where its last message stood
};

class Node final : private Peers::Self {
 public:
  Node(std::string of, Record& in, unsigned seed, size_t servers, Time clock)
      : name(std::move(of)), record(in), offset(clock), settings(node_settings(seed)) {
    std::vector<RedisLink*> all;
    for (size_t i = 0; i < servers; ++i) {
      links.push_back(std::make_unique<ModelLink>());
      all.push_back(links.back().get());
    }
    broker = std::make_unique<RedisBroker>(
        settings, "p", all, [this](bool good, const std::string&) { reports += !good; }, [] {});
    broker->peers().attach(*this);
    HubSeams seams;
    seams.broker = broker.get();
    seams.shared_presence = broker.get();
    hub = std::make_unique<Hub>(settings, core_kinds(encode, encode), seams);
  }
  ~Node() {
    for (auto& reader : readers) hub->leave(*reader, now);
    readers.clear();
    hub.reset();
    broker.reset();
  }

  // Time on this node's clock.
  void set_time(Time world) { now = world + offset; }

  void turn() {
    for (auto& link : links) link->measure_silence(now);
    broker->tick(now);
    for (int i = 0; i < 100 && hub->due() <= now; ++i) hub->flush(now, 100);
    for (auto& reader : readers)
      for (int i = 0; i < 100 && reader->open && reader->behind(); ++i) hub->pump(*reader, now);
    broker->tick(now);
  }

  // When a promise has to be kept, as far as the servers have gone on.
  Time end_of(const std::pair<Time, Time>& promise) const {
    auto [asked, patience] = promise;
    Time last = asked;
    for (const auto& link : links) last = std::max(last, link->heard());
    return std::min(last + patience, asked + RedisLink::kLongest);
  }

  NodeFacts facts(Time) override {
    NodeFacts facts;
    facts.uid = broker->peers().uid();
    facts.name = name;
    return facts;
  }
  void obey(std::string_view, std::string_view, Time) override { ++obeyed; }
  void replaced(std::string_view client, Time) override {
    for (auto& reader : readers)
      if (reader->visitor.named && reader->visitor.who->client == client) return taken(*reader);
  }
  std::optional<RoomCounts> rooms(std::string_view) override {
    RoomCounts counts;
    hub->rooms().each([&](const Room& room) {
      if (!room.members().empty()) counts.emplace_back(room.name(), room.members().size());
    });
    return counts;
  }

  const std::string name;
  Record& record;
  const Time offset;
  const Hub::Settings settings;
  std::vector<std::unique_ptr<ModelLink>> links;
  std::unique_ptr<RedisBroker> broker;
  std::unique_ptr<Hub> hub;
  std::vector<std::unique_ptr<Reader>> readers;
  std::function<void(Reader&)> taken;  // a client's session is on another node
  Lifetime lifetime;
  Time now = 0;
  size_t reports = 0;
  size_t obeyed = 0;
  size_t gaps = 0;
  size_t delivered = 0;
  std::multiset<std::pair<Time, Time>> promises;  // of what is not answered: when it was asked, and the patience
};

inline size_t Reader::write(std::string_view frames) {
  for (std::string_view rest = frames; !rest.empty();) {
    size_t end = rest.find('\n');
    std::string_view frame = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (frame[0] == 'P')
      take_publication(frame.substr(1));
    else
      take_change(frame);
  }
  return frames.size();
}

inline void Reader::take_publication(std::string_view frame) {
  if (gone) fail("a reader gets something after its end");
  size_t colon = frame.find(':'), equals = frame.find('=');
  uint64_t offset = std::strtoull(std::string(frame.substr(0, colon)).c_str(), nullptr, 10);
  std::string in(frame.substr(colon + 1, equals - colon - 1));
  Id id = id_of(frame.substr(equals + 1));
  ++node.delivered;
  if (offset > 0) {
    if (in != epoch || offset != last + 1)
      fail("a reader of " + visitor.room + " is at " + std::to_string(last) + " in " + epoch + " and gets " +
           std::to_string(offset) + " in " + in);
    node.record.note(visitor.room, in, offset, id);
    last = offset;
    return;
  }
  if (visitor.room[0] != 'n') {
    if (!unnumbered.insert(id).second) fail("a reader gets an ephemeral message twice");
    return;
  }
  std::map<std::string, uint64_t> here = node.record.places(id);
  if (here.empty()) fail("a reader gets what nobody has spread");
  if (!stood.empty()) {
    bool follows = false;
    for (const auto& [server, place] : here)
      follows = follows || (stood.count(server) > 0 && stood[server] + 1 == place);
    if (!follows) fail("a reader of " + visitor.room + " has missed a message before " + std::to_string(id));
  }
  stood = std::move(here);
}

inline void Reader::take_change(std::string_view frame) {
  if (kind() != kWatcher) fail("a reader is told who comes and goes, and has not asked");
  if (!knows_who) return changes.emplace_back(frame), void();
  size_t at = frame.find("client\":\"") + 9;
  std::string client(frame.substr(at, frame.find('"', at) - at));
  if (frame[0] == '+')
    present.insert(client);
  else
    present.erase(client);
}

inline void Reader::ask_who() {
  asked_who = true;
  node.broker->list(visitor.room, node.now).then(lifetime, [this](const SharedPresence::List& list) {
    asked_who = list.status == Status::kOk;
    if (!asked_who) return;
    knows_who = true;
    for (const Identity& one : list.members) present.insert(one.client);
    for (const std::string& change : std::exchange(changes, {})) take_change(change);
  });
}

inline void Reader::dismissed(Ending ending, Time) {
  trace(visitor.who->client + " is told of a gap in " + visitor.room + " on " + node.name);
  if (ending.why == Status::kReplayLost) return void(gone = true);  // it has read too slowly
  if (ending.why != Status::kGap) fail("a reader was dismissed because of " + std::string(describe(ending.why).text));
  gone = true;
  ++node.gaps;
}

}  // namespace lws_chat::redis_model
