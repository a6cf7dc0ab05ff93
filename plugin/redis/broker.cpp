#include "redis/broker.h"

#include <algorithm>
#include <utility>

#include "core/log_text.h"
#include "core/room/room.h"
#include "redis/server_line.h"
#include "redis/shard.h"

namespace lws_chat {
namespace {

// A name for this node, in the form that Centrifugo's nodes have.
std::string node_id(Random& random) {
  std::string hex;
  for (int half = 0; half < 2; ++half) {
    uint64_t x = random.next();
    for (int i = 0; i < 16; ++i, x >>= 4) hex += "0123456789abcdef"[x & 15];
  }
  for (size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace

// One server, with its rooms and what is published into them.
class RedisBroker::Shard final : public RedisLink::Listener {
 public:
  Shard(RedisLink& to, RedisBroker& broker)
      : link(to),
        trouble(to, broker.keys_, broker.report_),
        parts{broker.keys_,
              broker.settings_,
              broker.counters_,
              [&broker] { return random_epoch(broker.random_); },
              trouble,
              [&broker](const std::string& told) { broker.report_(false, told); },
              broker.max_message_},
        line(to, parts),
        losses(to, parts),
        rooms(to, parts, line, losses),
        publisher(to, parts, line, broker.peers_.uid().substr(0, 8)),
        presence(to, parts, line, broker.peers_.uid()),
        sessions(
            to, parts, broker.peers_.uid(),
            [&broker](std::string_view client, Time now) { broker.peers_.replaced(client, now); },
            [&broker](std::string_view node, std::string_view digest) { broker.peers_.take_over(node, digest); }),
        broker_(broker) {
    link.attach(*this);
    line.changed = [this](Time now) { losses.other_line(now); };
    line.lost = [this](Time now) { has_lost_everything(now); };
    rooms.is_news = [this](const std::string& room, Event::Kind kind, std::string_view client, std::string_view info) {
      return presence.is_news(room, kind, client, info);
    };
    presence.caught_up = [this](std::string_view room) { return rooms.is_caught_up(room); };
    publisher.known = [this](std::string_view room) { return rooms.known(room); };
    publisher.lost = [this](std::string_view room, Time now) {
      if (!rooms.look_again(room)) losses.room(now);
    };
  }

  void up(Time now) override {
    ++broker_.counters_.connections;
    line.up(now);
    rooms.up(now);
    publisher.up(now);
    presence.up(now);
    sessions.up(now);
    broker_.peers_.up(link, now);
    read_revocations();
  }
  void down(std::string_view, Time) override {
    line.down();
    trouble.down();
    rooms.down();
  }
  void deaf(Time) override { rooms.down(); }
  void hears(Time now) override {
    rooms.up(now);
    sessions.up(now);
    broker_.peers_.up(link, now);
    read_revocations();
  }
  void subscribed(std::string_view channel, Time now) override { (void)rooms.subscribed(channel, now); }
  void message(std::string_view channel, std::string_view payload, Time now) override {
    if (!rooms.message(channel, payload, now)) (void)broker_.peers_.message(channel, payload, now);
  }

  void tick(Time now) {
    line.tick(now);
    losses.tick(now);
    rooms.tick(now);
    publisher.tick(now);
    presence.tick(now);
    sessions.tick(now);
    trouble.tick(now);
    look(now);
  }
  Time due() const {
    return std::min(
        {line.due(), losses.due(), rooms.due(), publisher.due(), presence.due(), sessions.due(), trouble.due()});
  }

  // See RedisBroker::failure().
  std::string failure(Time now) const {
    if (usable_ || (was_usable_ && now < unusable_since_ + kUsableAnyway)) return {};
    if (!link.problem().empty()) return link.problem();
    return trouble.is_there() ? trouble.line() : "there is no connection yet";
  }

  RedisLink& link;
  ServerTrouble trouble;
  const BrokerParts parts;
  ServerLine line;
  Losses losses;
  ShardRooms rooms;
  Publisher publisher;
  ShardPresence presence;
  ShardSessions sessions;

 private:
  void has_lost_everything(Time now) {
    rooms.look_again();
    presence.up(now);
    sessions.up(now);
    read_revocations();
  }

  // They are at the first server.
  void read_revocations() {
    if (this == broker_.shards_.front().get()) broker_.revocations_.up();
  }

  void look(Time now) {
    bool was = std::exchange(usable_, link.is_up() && link.problem().empty() && line.is_known() && !trouble.is_there());
    was_usable_ = was_usable_ || usable_;
    if (was && !usable_) unusable_since_ = trouble.is_there() ? trouble.since() : now;
  }

  RedisBroker& broker_;
  bool usable_ = false;
  bool was_usable_ = false;
  Time unusable_since_ = 0;
};

RedisBroker::RedisBroker(const HubSettings& settings, std::string prefix, const std::vector<RedisLink*>& links,
                         Report report, std::function<void()> wake)
    : settings_(settings),
      keys_(std::move(prefix)),
      random_(settings.random),
      report_(std::move(report)),
      wake_(std::move(wake)),
      peers_(keys_, links, node_id(random_), counters_),
      shards_(shards_of(links)),
      revocations_(*links.front(), shards_.front()->parts, wake_) {
  counters_.servers = shards_.size();
  peers_.answered = [this](const RedisLink& link, const RedisReply& reply) { told_peers(link, reply); };
  peers_.differs = [this](const NodeFacts& node) {
    report_(false, "node " + in_log(node.name) + " (" + in_log(node.uid) +
                       ") has other Redis servers, in another order or with other names: give all nodes the same list, "
                       "or rooms fall apart");
  };
  peers_.taken = [this](std::string_view session, std::string_view node) {
    for (const auto& shard : shards_) shard->sessions.claimed(session, node);
  };
}

RedisBroker::~RedisBroker() = default;

void RedisBroker::told_peers(const RedisLink& link, const RedisReply& reply) {
  for (const auto& shard : shards_) {
    if (&shard->link != &link) continue;
    if (reply.is_error()) {
      ++counters_.errors;
      shard->trouble.refused("PUBLISH", reply.text);
    } else {
      shard->trouble.done("PUBLISH");
    }
  }
}

RedisBroker::Shard& RedisBroker::shard_of(std::string_view room) {
  return *shards_[server_of_room(room, shards_.size())];
}

std::vector<std::unique_ptr<RedisBroker::Shard>> RedisBroker::shards_of(const std::vector<RedisLink*>& links) {
  std::vector<std::unique_ptr<Shard>> shards;
  shards.reserve(links.size());
  for (RedisLink* link : links) shards.push_back(std::make_unique<Shard>(*link, *this));
  return shards;
}

std::string RedisBroker::failure(Time now) const {
  for (const auto& shard : shards_)
    if (std::string why = shard->failure(now); !why.empty()) return why;
  return {};
}

void RedisBroker::attach(Node& node) {
  local_.attach(node);
  for (const auto& shard : shards_) {
    shard->rooms.attach(node);
    shard->presence.attach(node);
  }
}

Deferred<Published> RedisBroker::publish(Room& room, const Message& message, Time now) {
  return local_.publish(room, message, now);
}

Deferred<Published> RedisBroker::spread(std::string_view room, const Message& message, Time patience, Time now) {
  if (!may_be_shared(room)) return Published{Status::kBadRoomName, {}, 0, now};
  wake_();
  return shard_of(room).publisher.publish(room, message, patience, now);
}

Deferred<Status> RedisBroker::open(Room& room, Time now) {
  if (!room.settings().shared) return local_.open(room, now);
  if (!may_be_shared(room.name())) return Status::kBadRoomName;
  wake_();
  return shard_of(room.name()).rooms.open(room, now);
}

void RedisBroker::close(const Room& room) {
  if (room.settings().shared) shard_of(room.name()).rooms.close(room.name(), now_);
}

// What other nodes have of them in memory, they forget when they are told.
Deferred<Status> RedisBroker::forget(std::string_view room, Time) {
  if (!may_be_shared(room)) return Status::kBadRoomName;
  Shard& shard = shard_of(room);
  if (!shard.link.answers()) return Status::kUnavailable;
  Promise<Status> promise;
  wake_();
  RoomNames names = keys_.of_room(room);
  run_forget(shard.link, names, [&shard, promise, stream = names.stream](const RedisReply& reply, Time) mutable {
    if (reply.is_error()) shard.trouble.refused("EVALSHA (forget)", reply.text, stream);
    promise.keep(reply.kind == RedisReply::Kind::kInteger ? Status::kOk : Status::kUnavailable);
  });
  return promise.deferred();
}

void RedisBroker::entered(const Room& room, const IdentityPtr& who, bool announced, Time now) {
  wake_();
  shard_of(room.name()).presence.entered(room.name(), who, announced, now);
}

void RedisBroker::left(const Room& room, const IdentityPtr& who, bool announced, Time) {
  shard_of(room.name()).presence.left(room.name(), who, announced);
}

Deferred<SharedPresence::List> RedisBroker::list(std::string_view room, Time now) {
  wake_();
  return shard_of(room).presence.list(room, now);
}

Deferred<SharedPresence::Count> RedisBroker::count(std::string_view room, Time now) {
  wake_();
  return shard_of(room).presence.count(room, now);
}

void RedisBroker::departed(std::string_view key, const IdentityPtr& who, Time until, Time now) {
  shard_of(key).sessions.departed(key, who, until - now);
}

Deferred<IdentityPtr> RedisBroker::returned(std::string_view key, Time now) {
  wake_();
  return shard_of(key).sessions.returned(key, now);
}

void RedisBroker::arrived(std::string_view key, const IdentityPtr& who, Time now) {
  wake_();
  shard_of(key).sessions.arrived(key, who, now);
}

void RedisBroker::ended(std::string_view key) { shard_of(key).sessions.ended(key); }

void RedisBroker::tick(Time now) {
  now_ = now;
  for (const auto& shard : shards_) shard->tick(now);
  peers_.tick(now);
  revocations_.tick(now);
}

Time RedisBroker::due() const {
  Time due = std::min(peers_.due(), revocations_.due());
  for (const auto& shard : shards_) due = std::min(due, shard->due());
  return due;
}

const BrokerCounters& RedisBroker::counters() {
  counters_.servers_up = counters_.unanswered = counters_.rooms = counters_.failures = 0;
  counters_.nodes = 1 + peers_.count();
  for (const auto& shard : shards_) {
    counters_.servers_up += shard->link.is_up() && shard->link.problem().empty();
    counters_.failures += shard->link.failures();
    counters_.unanswered += shard->link.unanswered();
    counters_.rooms += shard->rooms.size();
  }
  return counters_;
}

}  // namespace lws_chat
