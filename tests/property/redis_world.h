// Several nodes, their readers, and Redis servers that lose what servers lose. After a time everything calms down, and
// then all must be right again.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "property/redis_guests.h"
#include "property/redis_node.h"
#include "redis/client_info.h"
#include "redis/shard.h"

namespace lws_chat::redis_model {

constexpr unsigned kNodes = 3;

class World {
 public:
  explicit World(Pick pick) : pick_(std::move(pick)) {
    size_t servers = 1 + pick_(2);
    rough_ = pick_(4) > 0;
    forgetful_ = rough_ && pick_(3) > 0;
    bool ghosts = pick_(2) == 0;
    guests_ = std::make_unique<Guests>(
        Guests::World{pick_, [this] { return now_; }, [this] { return somebody(); },
                      [this](Node& node, Visitor visitor) -> Reader& { return enter(node, std::move(visitor)); },
                      [this, ghosts] { return (rough_ && ghosts) || has_late_sessions(); }},
        ghosts);
    for (size_t i = 0; i < servers; ++i) {
      Shard& shard = shards_.emplace_back();
      shard.keeps_log = pick_(2) == 0;
      shard.server = start({}, shard.keeps_log, false, "host" + std::to_string(i));
    }
    for (unsigned i = 0; i < kNodes; ++i) nodes_.push_back(make_node());
  }

  void step() {
    pass(pick_(400) == 0 ? pick_(4 * kSecond) : pick_(60'000));
    for (auto& node : nodes_) connect(*node);
    remember();
    for (unsigned i = pick_(3); i > 0; --i) move_some(any_node());
    act();
    Node& node = any_node();
    node.turn();
    check_promises(node);
  }

  void finish() {
    calm();
    for (int i = 0; i < 400; ++i) {  // keys of presence stay for 3 minutes
      pass(kSecond / 2);
      for (auto& node : nodes_) connect(*node);
      come_to_rest();
    }
    check_promises();
    say_last_words();
    check_rooms();
    check_kept();
    for (int i = 0; i < 60; ++i) {  // sessions are said again after 4 minutes
      pass(2 * kSecond);
      come_to_rest();
    }
    guests_->check(nodes_);
    check_presence();
    check_peers();
    leave_all();
  }

  size_t gaps = 0;
  size_t recovered = 0;
  size_t losses = 0;
  size_t delivered = 0;
  size_t uncertain = 0;
  size_t unavailable = 0;
  size_t kept = 0;

 private:
  struct Shard {
    ServerPtr server;
    std::deque<Data> past{};
    bool keeps_log = false;
    bool late_members = false;   // a former server had them, see Server
    bool late_sessions = false;  // the same
    Time refuses_until = 0;
  };
  struct Cable {
    Time opens_at = 0;       // if it is down
    Time hears_at = 0;       // if messages do not come
    Time moves_at = kNever;  // to the present server, if it is at a former one
    Time stalled_until = 0;  // nothing of this kind is moved
    unsigned stalled = 0;
  };

  unsigned pick(unsigned n) { return pick_(n); }
  Node& any_node() { return *nodes_[pick_(static_cast<unsigned>(nodes_.size()))]; }
  std::string any_room() {
    static const char* const kRooms[] = {"few:a", "few:a", "few:b", "big:a", "none:a", "none:a"};
    return kRooms[pick_(6)];
  }
  static bool keeps(const std::string& room) { return room[0] != 'n'; }
  size_t shard_of(const std::string& room) const { return server_of_room(room, shards_.size()); }

  void pass(Time time) {
    now_ += time;
    for (auto& node : nodes_) node->set_time(now_);
  }

  // ---- servers

  ServerPtr start(Data data, bool keeps_log, bool promoted, const std::string& address) {
    auto server =
        std::make_shared<Server>(RedisLink::Server{"run" + std::to_string(++last_run_), address, keeps_log, promoted});
    server->store.data = std::move(data);
    server->published = [this, run = server->about.run_id](const std::string& channel, const std::string& payload) {
      published(run, channel, payload);
    };
    if (rough_) server->repeats = [this] { return pick_(100) == 0; };
    return server;
  }

  void published(const std::string& run, const std::string& channel, const std::string& payload) {
    std::string room(keys_.room_of(channel));
    if (room.empty()) return;
    RoomPayload read;
    if (!reader_.read(payload, read)) fail("a payload that cannot be read");
    if (read.kind != Event::Kind::kPublication) return told(room, read);
    Id id = id_of(read.message.payload);
    trace(run + " spreads <" + std::to_string(id) + ">");
    record_.spread(room, run, id);
    if (read.offset > 0) record_.note(room, std::string(read.epoch), read.offset, id);
  }

  // Nobody is announced more often than it comes, nor gone more often.
  void told(const std::string& room, const RoomPayload& read) {
    bool came = read.kind == Event::Kind::kJoin;
    trace(room + (came ? " +" : " -") + read.who->client);
    // A server that has lost what it had knows members that have left long ago. One that reads late that somebody is
    // there takes him out again when his time is over.
    bool knows_too_many = forgetful_;
    for (const Shard& shard : shards_)
      knows_too_many = knows_too_many || shard.late_members || shard.server->late_members;
    if (!came && knows_too_many) return;
    auto& count = (came ? joins_told_ : leaves_told_)[room + read.who->client];
    if (++count > came_[room + read.who->client]) fail("somebody came or left more often than it did");
    if (!came && !rough_) check_gone(room, read.who->client);
  }

  bool has_late_sessions() const {
    return std::any_of(shards_.begin(), shards_.end(),
                       [](const Shard& shard) { return shard.late_sessions || shard.server->late_sessions; });
  }

  // Without losses nobody is said to have left who is there.
  void check_gone(const std::string& room, const std::string& client) {
    for (auto& node : nodes_)
      for (auto& reader : node->readers)
        if (reader->room() && reader->visitor.room == room && reader->visitor.who->client == client &&
            reader->asked_at + 20 * kSecond < node->now && !guests_->is_ghost(*reader))
          fail("somebody is said to have left who is there");
  }

  void remember() {
    if (pick_(40) > 0) return;
    for (Shard& shard : shards_) {
      shard.past.push_back(shard.server->store.data);
      if (shard.past.size() > 6) shard.past.pop_front();
    }
  }

  Data some_past(Shard& shard) {
    if (shard.past.empty()) return {};
    return shard.past[pick_(static_cast<unsigned>(shard.past.size()))];
  }

  void restart(size_t number) {
    Shard& shard = shards_[number];
    trace(shard.server->about.run_id + " restarts");
    shard.server->die();
    Data data = shard.keeps_log ? shard.server->store.data : pick_(4) == 0 ? Data() : some_past(shard);
    shard.late_members = shard.late_members || shard.server->late_members;
    shard.late_sessions = shard.late_sessions || shard.server->late_sessions;
    shard.server = start(std::move(data), shard.keeps_log, pick_(4) == 0 && shard.server->about.promoted,
                         shard.server->about.address);
    shard.refuses_until = 0;
    for (auto& node : nodes_) lose(*node, number, true);
  }

  void fail_over(size_t number) {
    Shard& shard = shards_[number];
    trace(shard.server->about.run_id + " fails over");
    Data data = pick_(3) == 0 ? shard.server->store.data : some_past(shard);
    shard.late_members = shard.late_members || shard.server->late_members;
    shard.late_sessions = shard.late_sessions || shard.server->late_sessions;
    shard.server = start(std::move(data), shard.keeps_log, true, "host" + std::to_string(10 + last_run_));
    shard.refuses_until = 0;
    for (auto& node : nodes_) {
      if (pick_(2) == 0)
        lose(*node, number, pick_(2) == 0);
      else
        cables_[node->links[number].get()].moves_at = now_ + pick_(3 * kSecond);
    }
  }

  void flush_all(size_t number) {
    trace("FLUSHALL");
    shards_[number].server->store.data.clear();
  }

  void drop_some_key(size_t number) {
    Data& data = shards_[number].server->store.data;
    if (data.empty()) return;
    auto key = data.begin();
    std::advance(key, pick_(static_cast<unsigned>(data.size())));
    trace("drops " + key->first);
    data.erase(key);
  }

  // A stream without its oldest entries, or without its newest one.
  void trim(size_t number) {
    for (auto& [key, value] : shards_[number].server->store.data) {
      if (value.stream.empty() || pick_(3) > 0) continue;
      if (pick_(3) == 0) {
        value.stream.erase(std::prev(value.stream.end()));
      } else {
        auto end = value.stream.begin();
        std::advance(end, pick_(static_cast<unsigned>(value.stream.size())));
        value.stream.erase(value.stream.begin(), end);
      }
      trimmed_ = true;
    }
  }

  void refuse(size_t number) {
    shards_[number].server->store.refuses = pick_(3) == 0 ? DataServer::Refuses::kAll : DataServer::Refuses::kMore;
    shards_[number].refuses_until = now_ + pick_(3 * kSecond);
  }

  // ---- network

  void lose(Node& node, size_t number, bool forgets) {
    ModelLink& link = *node.links[number];
    if (!link.is_up()) return;
    ++losses;
    trace(node.name + " loses " + std::to_string(number));
    link.lose(forgets, node.now);
    cables_[&link].moves_at = kNever;
    cables_[&link].opens_at = now_ + (pick_(20) == 0 ? pick_(20 * kSecond) : pick_(2 * kSecond));
  }

  void lose_messages(Node& node, size_t number) {
    ModelLink& link = *node.links[number];
    trace(node.name + " loses the messages of " + std::to_string(number));
    link.lose_messages(node.now);
    cables_[&link].hears_at = now_ + pick_(2 * kSecond);
  }

  void connect(Node& node) {
    for (size_t i = 0; i < shards_.size(); ++i) {
      ModelLink& link = *node.links[i];
      Cable& cable = cables_[&link];
      if (cable.moves_at <= now_) lose(node, i, pick_(2) == 0);
      if (!link.is_up() && cable.opens_at <= now_) {
        cable.stalled_until = 0;
        trace(node.name + " connects to " + shards_[i].server->about.run_id);
        link.open(shards_[i].server, node.now);
        node.turn();
      }
      if (link.deaf() && cable.hears_at <= now_) link.hear(node.now);
      if (shards_[i].refuses_until <= now_) shards_[i].server->store.refuses = DataServer::Refuses::kNothing;
    }
  }

  void move_some(Node& node) {
    for (auto& link : node.links) {
      Cable& cable = cables_[link.get()];
      if (link->to() && pick_(4) == 0) link->to()->serve_orphan(now_);
      for (unsigned i = pick_(12); i > 0; --i) {
        unsigned choice = pick_(4);
        if (cable.stalled_until > now_ && (cable.stalled >> choice & 1) != 0) continue;
        for (unsigned more = pick_(20) == 0 ? 300 : 1 + pick_(4); more > 0; --more)
          if (!link->move(choice, now_, node.now)) break;
      }
    }
    node.turn();
    check_promises(node);
  }

  void stall(Node& node) {
    // Not for longer than a node takes for lost what does not come.
    for (auto& link : node.links) {
      Cable& cable = cables_[link.get()];
      if (cable.stalled_until + 5 * kSecond > now_) continue;
      cable.stalled = pick_(16);
      cable.stalled_until = now_ + pick_(3 * kSecond);
    }
  }

  // ---- what happens

  void act() {
    unsigned dice = pick_(1000);
    if (dice < 90) return come(any_node());
    if (dice < 150) return go(any_node());
    if (dice < 600) return publish(any_node(), any_room());
    if (dice < 640) return ask(any_node());
    if (dice < 660) return stall(any_node());
    if (dice < 670) return hold_up(any_node());
    if (dice >= 980) return guests_->move(any_node(), any_room());
    if (!rough_) return;
    size_t number = pick_(static_cast<unsigned>(shards_.size()));
    if (dice < 676) return lose(any_node(), number, pick_(3) == 0);
    if (dice < 682) return lose_messages(any_node(), number);
    if (dice < 684) return burst(any_node(), any_room());
    if (dice < 686) return refuse(number);
    if (dice < 688) return trim(number);
    if (dice < 689 && shards_[number].keeps_log) return restart(number);
    if (dice < 690) return kill_node();
    if (dice < 692) return forget(any_node());
    if (!forgetful_) return;
    if (dice < 693) return restart(number);
    if (dice < 695) return fail_over(number);
    if (dice < 696) return flush_all(number);
    if (dice < 698) return drop_some_key(number);
  }

  std::unique_ptr<Node> make_node() {
    Time clock = static_cast<Time>(pick_(1000)) * 1000 * kSecond;
    auto node =
        std::make_unique<Node>("node" + std::to_string(++last_node_), record_, pick_(1u << 30), shards_.size(), clock);
    node->set_time(now_);
    node->taken = [this](Reader& reader) { guests_->replaced(reader); };
    return node;
  }

  void kill_node() {
    std::unique_ptr<Node>& node = nodes_[pick_(static_cast<unsigned>(nodes_.size()))];
    for (auto& reader : node->readers)
      if (!reader->visitor.named) visitors_.push_back(left_visitor(*reader));
    gaps += node->gaps;
    delivered += node->delivered;
    for (auto& link : node->links) {
      link->lose(pick_(2) == 0, node->now);
      cables_.erase(link.get());
    }
    guests_->node_dies(*node);
    node.reset();
    node = make_node();
  }

  static Visitor left_visitor(const Reader& reader) {
    Visitor visitor = reader.visitor;
    if (!reader.epoch.empty() && keeps(visitor.room)) visitor.seen = Position{reader.epoch, reader.last};
    return visitor;
  }

  void come(Node& node) {
    if (node.readers.size() > 12) return;
    Visitor visitor;
    if (!visitors_.empty() && pick_(2) == 0) {
      size_t at = pick_(static_cast<unsigned>(visitors_.size()));
      visitor = std::move(visitors_[at]);
      visitors_.erase(visitors_.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      visitor.room = any_room();
      visitor.kind = static_cast<KindId>(pick_(3));
    }
    std::string key = std::exchange(visitor.key, {});
    if (key.empty() || visitor.key_until <= now_) {
      visitor.who = somebody();
      return void(enter(node, std::move(visitor)));
    }
    node.hub->presence()
        .take_back(key, node.now)
        .then(node.lifetime, [this, &node, visitor](const IdentityPtr& who) mutable {
          visitor.who = who ? who : somebody();
          enter(node, visitor);
        });
  }

  IdentityPtr somebody() {
    auto who = std::make_shared<Identity>();
    who->client = "c" + std::to_string(++last_client_);
    who->user = "u" + std::to_string(pick_(5));
    who->json = "{\"user\":\"" + who->user + "\",\"client\":\"" + who->client + "\"}";
    return who;
  }

  Reader& enter(Node& node, Visitor visitor) {
    if (visitor.kind != kPlain && !visitor.named) visitor.key = "key" + std::to_string(++last_key_);
    node.readers.push_back(std::make_unique<Reader>(node, std::move(visitor)));
    Reader& reader = *node.readers.back();
    reader.asked_at = node.now;
    node.hub->join(reader, {reader.visitor.room}, node.now).then(reader.lifetime, [this, &reader](Status status) {
      reader.pending = false;
      if (status != Status::kOk && status != Status::kUnavailable) fail("a join failed without a cause");
      if (status == Status::kOk)
        came(reader);
      else
        reader.gone = true;
    });
    return reader;
  }

  void came(Reader& reader) {
    const Visitor& visitor = reader.visitor;
    const Room& room = *reader.room();
    ++came_[visitor.room + visitor.who->client];
    trace(visitor.who->client + " comes into " + visitor.room + " on " + reader.node.name);
    reader.epoch = room.epoch();
    reader.last = room.history().top();
    if (!visitor.seen) return;
    Recovery recovery = recover(*reader.node.hub, reader, &*visitor.seen, reader.node.now);
    if (!recovery.whole) return;
    ++recovered;
    reader.last = recovery.next - 1;
    if (keeps(visitor.room) && room.settings().recovery_mode == RecoveryMode::kStream &&
        (visitor.seen->epoch != reader.epoch || visitor.seen->offset != reader.last))
      fail("a recovery that is none");
    reader.node.hub->pump(reader, reader.node.now);
  }

  void go(Node& node) {
    if (node.readers.empty()) return;
    auto place = node.readers.begin() + static_cast<std::ptrdiff_t>(pick_(static_cast<unsigned>(node.readers.size())));
    Reader& reader = **place;
    if (reader.visitor.named) return;  // the model's guests go by themselves
    trace(reader.visitor.who->client + " goes from " + reader.visitor.room + " on " + node.name);
    Visitor visitor = left_visitor(reader);
    bool may_return = reader.room() && !visitor.key.empty() && pick_(2) == 0;
    if (may_return && reader.room()->settings().presence_grace > 0) {
      visitor.key_until = now_ + kGrace;
      node.hub->presence().depart(visitor.key, visitor.who, node.now + kGrace, node.now);
    } else {
      visitor.key.clear();
    }
    node.hub->leave(reader, node.now, may_return ? Departure::kMayReturn : Departure::kFinal);
    node.readers.erase(place);
    visitors_.push_back(std::move(visitor));
    if (visitors_.size() > 30) visitors_.pop_front();
  }

  void hold_up(Node& node) {
    for (auto& reader : node.readers) {
      reader->open = pick_(2) == 0;
      if (reader->open && reader->room()) node.hub->pump(*reader, node.now);
    }
  }

  void publish(Node& node, const std::string& room, bool last = false) {
    Id id = ++last_id_;
    std::string payload = "<" + std::to_string(id) + ">" + std::string(pick_(60) == 0 ? pick_(60'000) : 4, 'x');
    Message message{payload};
    message.ephemeral = pick_(6) == 0 && !last;
    std::string key;
    if (pick_(10) == 0) message.key = key = "k" + std::to_string(id);
    if (pick_(10) == 0 && !last) message.version = 1 + pick_(1000);
    bool again = !key.empty() && message.version == 0 && !forgetful_ && pick_(2) == 0;
    if (again) twice_.insert(id);
    send(node, room, message, id);
    if (again) send(any_node(), room, message, id);
  }

  void send(Node& node, const std::string& room, const Message& message, Id id) {
    Time patience = pick_(3) == 0 ? 5 * kSecond : kSecond;
    auto promise = node.promises.insert(node.now + patience);
    bool may_be_late = message.version > 0;
    node.hub->publish(kServerGrant, {room, message, kNobody, patience}, node.now)
        .then(node.lifetime, [this, &node, room, id, promise, may_be_late](const Published& done) {
          node.promises.erase(promise);
          was_published(room, id, done, may_be_late);
        });
  }

  void was_published(const std::string& room, Id id, const Published& done, bool may_be_late) {
    if (done.status == Status::kUncertain) return void(++uncertain);
    if (done.status == Status::kUnavailable) {
      ++unavailable;
      // The same message may have been sent twice, with its key.
      if (twice_.count(id) == 0) record_.refused(id);
      return;
    }
    if (done.status != Status::kOk) fail("a publication failed without a cause");
    if (done.position.epoch.empty() || (may_be_late && (forgetful_ || !record_.is_spread(id)))) return;
    record_.note(room, done.position.epoch, done.position.offset, id);
    record_.kept.push_back({room, id, done.position});
    ++kept;
  }

  void burst(Node& node, const std::string& room) {
    for (unsigned i = 300 + pick_(1200); i > 0; --i) publish(node, room);
  }

  void ask(Node& node) {
    std::string room = any_room();
    auto promise = node.promises.insert(node.now + kSecond);
    auto answered = [&node, promise](const auto&) { node.promises.erase(promise); };
    if (pick_(2) == 0)
      node.broker->list(room, node.now).then(node.lifetime, answered);
    else
      node.broker->count(room, node.now).then(node.lifetime, answered);
  }

  void forget(Node& node) {
    trimmed_ = true;
    (void)node.hub->forget_on_all_nodes(any_room(), node.now);
  }

  // ---- what must hold

  void check_promises(Node& node) {
    if (!node.promises.empty() && *node.promises.begin() <= node.now) fail("a promise was not kept in time");
    for (auto& reader : node.readers)
      if (reader->pending && reader->asked_at + 5 * kSecond < node.now) fail("a join was not answered in time");
  }
  void check_promises() {
    for (auto& node : nodes_)
      if (!node->promises.empty()) fail("a promise was not kept");
  }

  void calm() {
    for (Shard& shard : shards_) {
      shard.refuses_until = 0;
      shard.server->store.refuses = DataServer::Refuses::kNothing;
      shard.server->repeats = nullptr;
    }
    for (auto& node : nodes_)
      for (size_t i = 0; i < shards_.size(); ++i) {
        ModelLink& link = *node->links[i];
        // Who connects to a server that has lost its line begins another one.
        bool knows_line = shards_[i].server->store.data.count(keys_.lineage()) > 0;
        if (link.to() != shards_[i].server || !knows_line) lose(*node, i, false);
        cables_[&link] = {};
      }
    for (auto& node : nodes_) connect(*node);
    for (auto& node : nodes_)
      for (auto& reader : node->readers) {
        reader->open = true;
        if (reader->room()) node->hub->pump(*reader, node->now);
      }
  }

  // Everything that is under way arrives.
  void come_to_rest() {
    bool moved = true;
    for (int rounds = 0; moved; ++rounds) {
      if (rounds > 20000) fail("it does not come to rest");
      moved = false;
      for (auto& node : nodes_) {
        for (auto& link : node->links) {
          for (unsigned choice = 0; choice < 4; ++choice)
            for (int i = 0; i < 50 && link->move(choice, now_, node->now); ++i) moved = true;
          if (link->to()->has_orphans()) {
            link->to()->serve_orphan(now_);
            moved = true;
          }
        }
        node->turn();
        check_promises(*node);
        for (auto& link : node->links) moved = moved || !link->quiet();
        moved = moved || node->hub->due() <= node->now;
      }
    }
  }

  // Every reader gets what is published now, at once.
  void say_last_words() {
    std::set<std::string> rooms{"few:a", "few:b", "big:a", "none:a"};
    std::map<std::string, Id> last;
    for (const std::string& room : rooms) {
      for (auto& node : nodes_) {
        publish(*node, room, true);
        come_to_rest();
        pass(2000);  // the hub gathers what it sends
        come_to_rest();
      }
      last[room] = last_id_;
    }
    for (auto& node : nodes_)
      for (auto& reader : node->readers) {
        if (!reader->room()) continue;
        const std::string& room = reader->visitor.room;
        if (keeps(room)) {
          if (record_.at(room, reader->epoch, reader->last) != last[room])
            fail("a reader of " + room + " on " + node->name + " is at " + std::to_string(reader->last) + " in " +
                 reader->epoch + " and lacks the last message");
        } else if (reader->stood != record_.places(last[room])) {
          fail("a reader lacks the last message of a room without history");
        }
      }
  }

  // A room's position, as a node sees it that connects now.
  Position position_in_redis(const std::string& room) {
    ModelLink link;
    struct Quiet final : RedisLink::Listener {
      void up(Time) override {}
      void down(std::string_view, Time) override {}
      void deaf(Time) override {}
      void hears(Time) override {}
      void subscribed(std::string_view, Time) override {}
      void message(std::string_view, std::string_view, Time) override {}
    } listener;
    link.attach(listener);
    link.open(shards_[shard_of(room)].server, now_);
    Position position;
    PositionCall call;
    call.fresh_epoch = "fresh";
    const RedisLink::Server& about = link.server();
    Lineage lineage{keys_.lineage(), {}, about.run_id, about.address, about.keeps_log && !about.promoted};
    run_position(link, keys_.of_room(room), {1, 300, 2592000}, lineage, call, [&](const RedisReply& reply, Time) {
      auto answer = read_position(reply);
      position = {std::string(answer->epoch), answer->top};
    });
    link.move(0, now_, now_);
    link.move(1, now_, now_);
    link.lose(true, now_);
    return position;
  }

  void check_rooms() {
    for (const char* name : {"few:a", "few:b", "big:a"}) {
      Position there = position_in_redis(name);
      for (auto& node : nodes_) {
        Room* room = node->hub->find(name);
        if (!room || !room->usable()) continue;
        if (room->epoch() != there.epoch || room->history().top() != there.offset)
          fail(std::string(name) + " is at " + std::to_string(room->history().top()) + " in " + room->epoch() + " on " +
               node->name + ", but in Redis at " + std::to_string(there.offset) + " in " + there.epoch);
        History::Reader messages = room->history().from(room->history().first());
        while (messages.offset() <= room->history().top()) {
          History::Entry entry = messages.next();
          record_.note(name, room->epoch(), entry.offset, id_of(entry.message.payload));
        }
      }
    }
  }

  // What was acknowledged is in the stream, or older than what the stream keeps.
  void check_kept() {
    std::map<std::string, Position> positions;
    for (const char* name : {"few:a", "few:b", "big:a"}) positions[name] = position_in_redis(name);
    for (const Record::Answered& one : record_.kept) {
      const Position& top = positions[one.room];
      if (one.position.epoch != top.epoch) continue;
      if (one.position.offset > top.offset) fail("what was acknowledged is gone");
      const auto& stream = shards_[shard_of(one.room)].server->store.data[keys_.of_room(one.room).stream].stream;
      auto entry = stream.find(one.position.offset);
      if (entry == stream.end()) {
        uint64_t most = one.room == "big:a" ? 700 : 5;
        if (!trimmed_ && !forgetful_ && one.position.offset + most > top.offset) fail("a stream lacks a message");
        continue;
      }
      RoomPayload payload;
      if (!reader_.read_entry(entry->second, entry->first, payload)) fail("an entry that cannot be read");
      if (id_of(payload.message.payload) != one.id) fail("a stream has another message");
    }
  }

  void check_presence() {
    for (const char* name : {"few:a", "few:b", "none:a"}) {
      std::set<std::string> there;
      for (auto& node : nodes_)
        for (auto& reader : node->readers)
          if (reader->room() && reader->visitor.room == name) there.insert(reader->visitor.who->client);
      for (auto& node : nodes_) {
        bool answered = false;
        std::set<std::string> listed;
        node->broker->list(name, node->now).then([&](const SharedPresence::List& list) {
          answered = list.status == Status::kOk;
          for (const Identity& one : list.members) listed.insert(one.client);
        });
        uint64_t clients = 0;
        node->broker->count(name, node->now).then([&](const SharedPresence::Count& count) { clients = count.clients; });
        come_to_rest();
        if (!answered) fail("a list is not answered");
        if (listed != there)
          fail("presence of " + std::string(name) + " has " + std::to_string(listed.size()) + " and not " +
               std::to_string(there.size()));
        if (clients != there.size()) fail("presence counts wrong");
      }
    }
  }

  void check_peers() {
    for (auto& node : nodes_) {
      if (node->broker->peers().others().size() != nodes_.size() - 1) fail("a node does not know the others");
      uint64_t found = 0, there = 0;
      Status status = Status::kUncertain;
      node->broker->peers().rooms("", node->now).then([&](const Peers::Rooms& rooms) {
        status = rooms.status;
        for (const auto& [room, count] : rooms.counts) found += count;
      });
      come_to_rest();
      for (auto& other : nodes_)
        for (auto& reader : other->readers) there += other != node && reader->room();
      if (status != Status::kOk || found != there) fail("a survey is wrong");
    }
  }

  void leave_all() {
    for (auto& node : nodes_) {
      for (auto& reader : node->readers) node->hub->leave(*reader, node->now);
      node->readers.clear();
    }
    for (int i = 0; i < 40; ++i) {
      pass(10 * kSecond);
      come_to_rest();
    }
    for (auto& node : nodes_) {
      if (node->hub->rooms().size() != 0 || node->hub->memory().in_use() != 0) fail("something is left of empty rooms");
      const BrokerCounters& left = node->broker->counters();
      if (left.rooms != 0) fail("the broker keeps " + std::to_string(left.rooms) + " rooms");
      if (left.unanswered != 0) fail("commands are not answered");
      if (left.waiting != 0) fail("messages wait for ever");
      gaps += node->gaps;
      delivered += node->delivered;
    }
    if (!rough_ && gaps > 0) fail("a gap was told where nothing was lost");
  }

  Pick pick_;
  Time now_ = 1000 * kSecond;
  bool rough_ = false;      // something is lost
  bool forgetful_ = false;  // servers lose what they had
  bool trimmed_ = false;
  RedisKeys keys_{"p"};
  PayloadReader reader_;
  Record record_;
  std::vector<Shard> shards_;
  std::map<const ModelLink*, Cable> cables_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<Guests> guests_;
  std::deque<Visitor> visitors_;
  std::set<Id> twice_;
  std::map<std::string, size_t> came_, joins_told_, leaves_told_;
  size_t last_run_ = 0, last_node_ = 0, last_client_ = 0, last_key_ = 0;
  Id last_id_ = 0;
};

}  // namespace lws_chat::redis_model
