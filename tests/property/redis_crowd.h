// Clients and back ends act at several nodes, and each answer and event is checked.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "property/redis_ground.h"
#include "property/redis_guests.h"
#include "redis/client_info.h"

namespace lws_chat::redis_model {

class Crowd : public Ground {
 public:
  size_t gaps = 0;
  size_t recovered = 0;
  size_t delivered = 0;
  size_t uncertain = 0;
  size_t unavailable = 0;
  size_t kept = 0;

 protected:
  using Ground::Ground;
  ~Crowd() = default;

  std::string any_room() {
    static const char* const kRooms[] = {"few:a", "few:a", "few:b", "big:a", "none:a", "none:a"};
    return kRooms[pick_(6)];
  }

  // Nobody is announced more often than it comes, nor gone more often.
  void told(const std::string& room, const RoomPayload& read, const std::string& node) override {
    bool came = read.kind == Event::Kind::kJoin;
    trace(room + (came ? " +" : " -") + read.who->client);
    check_twice(room + " " + read.who->client, came ? node : "");
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

  // A node announces a member again only if it was said to have left. An empty node: it is. What a server reads late in
  // a lost connection says nothing.
  void check_twice(const std::string& member, const std::string& node) {
    std::string& before = announced_by_[member];
    for (const Shard& shard : shards_)
      if (shard.server->has_orphans()) return before.clear();
    if (!node.empty() && before == node) fail(member + " is said to have come again, and not to have left");
    before = node;
  }

  // A member that a server lacks, and that has not lost its line, has left through another node, for all we know.
  void presence_lost() override { announced_by_.clear(); }

  // A connection may be lost together with the leaves that its node was about to announce.
  void connection_lost(const Node& node) override {
    std::set<std::string> there;
    for (const auto& reader : node.readers)
      if (reader->room()) there.insert(reader->visitor.room + " " + reader->visitor.who->client);
    for (auto& [member, by] : announced_by_)
      if (by == node.broker->peers().uid() && there.count(member) == 0) by.clear();
  }

  // Without losses nobody is said to have left who is there.
  void check_gone(const std::string& room, const std::string& client) {
    for (auto& node : nodes_)
      for (auto& reader : node->readers)
        if (reader->room() && reader->visitor.room == room && reader->visitor.who->client == client &&
            reader->asked_at + 20 * kSecond < node->now && !guests_->is_ghost(*reader))
          fail("somebody is said to have left who is there");
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
    std::string& before = announced_by_[visitor.room + " " + visitor.who->client];
    if (before != reader.node.broker->peers().uid()) before.clear();
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

  std::unique_ptr<Guests> guests_;
  Id last_id_ = 0;

 private:
  std::deque<Visitor> visitors_;
  std::set<Id> twice_;
  std::map<std::string, std::string> announced_by_;  // rooms and clients, and nodes
  std::map<std::string, size_t> came_, joins_told_, leaves_told_;
  size_t last_node_ = 0, last_client_ = 0, last_key_ = 0;
};

}  // namespace lws_chat::redis_model
