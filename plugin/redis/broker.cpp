#include "redis/broker.h"

#include <algorithm>
#include <utility>

#include "core/room/room.h"
#include "redis/refusal.h"
#include "redis/server_line.h"
#include "redis/shard.h"

namespace lws_chat {
namespace {

// The same fault is told again after this time.
constexpr Time kReportAgain = 60'000'000;

// After this time without another refusal a server counts as well again.
constexpr Time kRefuses = 10'000'000;

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
        line(to, broker.parts_),
        losses(to, broker.parts_),
        rooms(to, broker.parts_, line, losses),
        publisher(to, broker.parts_, line, broker.peers_.uid().substr(0, 8)),
        presence(to, broker.parts_, broker.peers_.uid()),
        sessions(
            to, broker.parts_, broker.peers_.uid(),
            [&broker](std::string_view client, Time now) { broker.peers_.replaced(client, now); },
            [&broker](std::string_view node, std::string_view digest) { broker.peers_.take_over(node, digest); }),
        broker_(broker) {
    link.attach(*this);
    line.changed = [this](Time now) { losses.other_line(now); };
    line.lost = [this](Time now) { has_lost_everything(now); };
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

  RedisLink& link;
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

  RedisBroker& broker_;
};

RedisBroker::RedisBroker(const HubSettings& settings, std::string prefix, const std::vector<RedisLink*>& links,
                         Report report, std::function<void()> wake)
    : settings_(settings),
      keys_(std::move(prefix)),
      random_(settings.random),
      report_(std::move(report)),
      wake_(std::move(wake)),
      parts_{keys_,
             settings_,
             counters_,
             [this] { return random_epoch(random_); },
             [this](std::string_view command, std::string_view refusal) { this->report(command, refusal); },
             [this](const std::string& line) { report_(line); },
             0},
      peers_(keys_, links, node_id(random_), counters_),
      revocations_(*links.front(), parts_, wake_) {
  for (RedisLink* link : links) shards_.push_back(std::make_unique<Shard>(*link, *this));
  counters_.servers = shards_.size();
  peers_.taken = [this](std::string_view session, Time now) {
    for (const auto& shard : shards_) shard->sessions.taken(session, now);
  };
}

RedisBroker::~RedisBroker() = default;

RedisBroker::Shard& RedisBroker::shard_of(std::string_view room) {
  return *shards_[server_of_room(room, shards_.size())];
}

void RedisBroker::report(std::string_view command, std::string_view refusal) {
  std::string line = "the server " + explain_refusal(command, refusal);
  refused_at_ = now_;
  published_then_ = counters_.published;
  // A server that refuses a user everything has one line, too.
  bool known = refusal == last_refusal_ && now_ < reported_at_ + kReportAgain;
  last_report_ = line;
  last_refusal_ = refusal;
  if (known) return;
  reported_at_ = now_;
  report_(line);
}

std::string RedisBroker::refusal() const {
  bool lately = refused_at_ > 0 && now_ < refused_at_ + kRefuses && counters_.published == published_then_;
  return lately ? last_report_ : std::string();
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
  RedisLink& link = shard_of(room).link;
  if (!link.is_up()) return Status::kUnavailable;
  Promise<Status> promise;
  wake_();
  run_forget(link, keys_.of_room(room), [this, promise](const RedisReply& reply, Time) mutable {
    if (reply.is_error()) report("EVALSHA (forget)", reply.text);
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
  for (const auto& shard : shards_) {
    shard->line.tick(now);
    shard->losses.tick(now);
    shard->rooms.tick(now);
    shard->publisher.tick(now);
    shard->presence.tick(now);
    shard->sessions.tick(now);
  }
  peers_.tick(now);
  revocations_.tick(now);
}

Time RedisBroker::due() const {
  Time due = std::min(peers_.due(), revocations_.due());
  for (const auto& shard : shards_)
    due = std::min({due, shard->line.due(), shard->losses.due(), shard->rooms.due(), shard->publisher.due(),
                    shard->presence.due(), shard->sessions.due()});
  return due;
}

const BrokerCounters& RedisBroker::counters() {
  counters_.servers_up = counters_.unanswered = counters_.rooms = 0;
  counters_.nodes = 1 + peers_.count();
  for (const auto& shard : shards_) {
    counters_.servers_up += shard->link.is_up();
    counters_.unanswered += shard->link.unanswered();
    counters_.rooms += shard->rooms.size();
  }
  return counters_;
}

}  // namespace lws_chat
