// Redis servers that lose what servers lose, the connections of several nodes to them, and what goes wrong with both.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "property/redis_node.h"
#include "redis/client_info.h"
#include "redis/shard.h"

namespace lws_chat::redis_model {

class Ground {
 public:
  size_t losses = 0;

 protected:
  explicit Ground(Pick pick) : pick_(std::move(pick)) {}
  ~Ground() = default;

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

  Node& any_node() { return *nodes_[pick_(static_cast<unsigned>(nodes_.size()))]; }
  static bool keeps(const std::string& room) { return room[0] != 'n'; }
  size_t shard_of(const std::string& room) const { return server_of_room(room, shards_.size()); }

  void pass(Time time) {
    now_ += time;
    for (auto& node : nodes_) node->set_time(now_);
  }

  // A server says that somebody has come or gone, as this node has told it.
  virtual void told(const std::string& room, const RoomPayload& read, const std::string& node) = 0;
  // Some key of a room's presence is gone.
  virtual void presence_lost() = 0;
  // A node's connection is gone, and what was under way with it.
  virtual void connection_lost(const Node& node) = 0;

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
    if (read.kind != Event::Kind::kPublication) return told(room, read, std::string(node_of_client(payload.substr(5))));
    Id id = id_of(read.message.payload);
    trace(run + " spreads <" + std::to_string(id) + ">");
    record_.spread(room, run, id);
    if (read.offset > 0) record_.note(room, std::string(read.epoch), read.offset, id);
  }

  bool has_late_sessions() const {
    return std::any_of(shards_.begin(), shards_.end(),
                       [](const Shard& shard) { return shard.late_sessions || shard.server->late_sessions; });
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
    if (key->first.find(".presence.") != std::string::npos) presence_lost();
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
    refused_ = true;
  }

  void lose(Node& node, size_t number, bool forgets) {
    ModelLink& link = *node.links[number];
    if (!link.is_up()) return;
    ++losses;
    trace(node.name + " loses " + std::to_string(number));
    link.lose(forgets, node.now);
    connection_lost(node);
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

  void check_promises(Node& node) {
    for (const auto& promise : node.promises)
      if (node.end_of(promise) <= node.now) fail("a promise was not kept in time");
    for (auto& reader : node.readers)
      if (reader->pending && reader->asked_at + RedisLink::kLongest + kSecond < node.now)
        fail("a join was not answered in time");
  }

  Pick pick_;
  Time now_ = 1000 * kSecond;
  bool rough_ = false;      // something is lost
  bool forgetful_ = false;  // servers lose what they had
  bool trimmed_ = false;
  bool refused_ = false;  // a server has refused what writes, for a while
  RedisKeys keys_{"p"};
  PayloadReader reader_;
  Record record_;
  std::vector<Shard> shards_;
  std::map<const ModelLink*, Cable> cables_;
  std::vector<std::unique_ptr<Node>> nodes_;

 private:
  size_t last_run_ = 0;
};

}  // namespace lws_chat::redis_model
