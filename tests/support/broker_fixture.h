#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hub.h"
#include "redis/broker.h"
#include "redis/control.h"
#include "support/hub_fixture.h"
#include "support/hub_settings.h"
#include "support/scripted_link.h"

namespace lws_chat::broker_test {

using core_test::Reader;
using unit::array;
using unit::error;
using unit::integer;
using unit::ScriptedLink;
using unit::text;

// A hub whose rooms are in a Redis server that the test plays. Rooms of the namespace "none" keep no messages. A room's
// messages appear at its readers as ROOM:OFFSET:TEXT; and without an offset as ROOM:0:TEXT;
struct BrokerFixture {
  static Hub::Settings shared_rooms() {
    Hub::Settings settings;
    settings.random = known_random();
    settings.max_lag = 1 << 20;
    settings.flush_interval = 1000;
    settings.max_rooms = 10000;
    settings.max_memory = 64 << 20;
    settings.rooms.shared = true;
    settings.rooms.history = {5, 1 << 20, 300'000'000};
    settings.rooms.presence = settings.rooms.join_leave = true;
    settings.rooms.presence_grace = 5'000'000;
    settings.namespaces.emplace_back("none", settings.rooms);
    settings.namespaces.back().second.history.messages = 0;
    return settings;
  }

  explicit BrokerFixture(Hub::Settings chosen = shared_rooms()) : settings(std::move(chosen)) {
    broker = std::make_unique<RedisBroker>(
        settings, "p", std::vector<RedisLink*>{&link},
        [this](bool, const std::string& line) { reports.push_back(line); }, [this] { ++wakes; });
    HubSeams seams;
    seams.broker = broker.get();
    seams.shared_presence = broker.get();
    hub = std::make_unique<Hub>(settings, core_kinds(core_test::encode, core_test::encode_for_members), seams);
  }
  ~BrokerFixture() {
    for (Reader& reader : readers) hub->leave(reader, now());
    hub.reset();
  }

  Time now() const { return link.now; }
  void turn() {
    broker->tick(now());
    while (hub->due() <= now()) hub->flush(now(), 1000);
    broker->tick(now());
  }
  void pass(Time time) {
    link.now += time;
    turn();
  }

  // The link comes up, and its own calls are answered.
  void connect(const std::string& run_id = "run") {
    link.go_up(run_id);
    link.answer("begin", text("line"));
    link.confirm("p.control");
    link.confirm("p.node." + broker->peers().uid());
  }

  // The room's position, with entries of its stream, as OFFSET and text.
  using Entries = std::vector<std::pair<uint64_t, std::string>>;
  static RedisReply position(std::string_view epoch, uint64_t top, const Entries& entries = {},
                             std::string_view bounds = {}, std::string_view last_change = {}) {
    std::vector<RedisReply> items;
    for (const auto& [offset, bytes] : entries)
      items.push_back(array({text(std::to_string(offset) + "-0"), array({text("d"), text(publication(bytes))})}));
    std::string oldest = entries.empty() ? "" : std::to_string(entries.front().first) + "-0";
    return array({integer(static_cast<int64_t>(top)), text(epoch), text(oldest), array(std::move(items)), text(bounds),
                  text(last_change)});
  }
  static std::string publication(std::string_view bytes) {
    std::string made;
    append_publication_bytes(made, {bytes});
    return made;
  }

  // A message comes through PUB/SUB.
  void push(const std::string& room, std::string_view epoch, uint64_t offset, std::string_view bytes) {
    link.push("p.client." + room, with_position(offset, epoch, publication(bytes)));
  }
  void push_unkept(const std::string& room, std::string_view bytes) {
    link.push("p.client." + room, publication(bytes));
  }

  // Somebody wants to join. Their answer comes later.
  Reader& ask_to_join(const std::string& room, KindId kind = kMember) {
    auto who = std::make_shared<Identity>();
    who->client = "c" + std::to_string(readers.size() + 1);
    who->user = "u";
    who->json = "{\"user\":\"u\",\"client\":\"" + who->client + "\"}";
    Reader& reader = readers.emplace_back(kind, std::move(who));
    hub->join(reader, {room}, now()).then(lifetime, [this, at = readers.size() - 1](Status status) {
      joined.resize(std::max(joined.size(), at + 1));
      joined[at] = status;
    });
    turn();
    return reader;
  }

  // Somebody joins a room, and the server answers what that needs.
  Reader& join(const std::string& room, std::string_view epoch = "e", uint64_t top = 0, KindId kind = kMember) {
    Reader& reader = ask_to_join(room, kind);
    while (!link.subscribed.empty()) link.confirm();
    if (link.has("position")) link.answer("position", position(epoch, top));
    turn();
    turn();
    if (!reader.room()) throw std::runtime_error("the reader is not in the room");
    while (link.has("presence_add")) link.answer("presence_add", integer(1));
    while (link.has("announce")) link.answer("announce", integer(1));
    return reader;
  }

  // What the reader has got since the last time.
  std::string got(Reader& reader) {
    pass(2000);
    return std::exchange(reader.got, {});
  }

  // What this node tells another one: the publication of a control command waits.
  std::string told(const std::string& node) {
    for (const ScriptedLink::Call& call : link.calls) {
      ControlCommand command;
      if (call.name != "PUBLISH" || call.words.at(0) != "p.node." + node || !read_control(call.words.at(1), command))
        continue;
      if (const auto* said = std::get_if<Notification>(&command.body))
        return std::string(said->op) + " " + std::string(said->data);
    }
    return {};
  }
  // What another node tells this one.
  void hear(const ControlCommand& command) {
    std::string bytes;
    append_control(bytes, command);
    link.push("p.node." + broker->peers().uid(), bytes);
  }

  Hub::Settings settings;
  ScriptedLink link;
  std::vector<std::string> reports;
  size_t wakes = 0;
  std::unique_ptr<RedisBroker> broker;
  std::unique_ptr<Hub> hub;
  std::deque<Reader> readers;
  std::vector<std::optional<Status>> joined;  // what readers were answered
  Lifetime lifetime;
};

}  // namespace lws_chat::broker_test
