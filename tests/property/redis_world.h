// Several nodes, their readers, and Redis servers. After a time everything calms down, and then all must be right
// again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "property/redis_crowd.h"
#include "support/quiet_listener.h"

namespace lws_chat::redis_model {

constexpr unsigned kNodes = 3;

class World final : public Crowd {
 public:
  explicit World(Pick pick) : Crowd(std::move(pick)) {
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
    check_all_promises();
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

 private:
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

  void check_all_promises() {
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
    unit::QuietListener listener;
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
};

}  // namespace lws_chat::redis_model
