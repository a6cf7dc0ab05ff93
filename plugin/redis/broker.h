#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/broker.h"
#include "core/broker_counters.h"
#include "core/random.h"
#include "core/settings.h"
#include "core/shared_presence.h"
#include "redis/broker_parts.h"
#include "redis/keys.h"
#include "redis/link.h"
#include "redis/peers.h"
#include "redis/publisher.h"
#include "redis/shard_presence.h"
#include "redis/shard_revocations.h"
#include "redis/shard_rooms.h"
#include "redis/shard_sessions.h"

namespace lws_chat {

// The broker of rooms that nodes share through Redis. A script gives each message its position and publishes it; each
// node that reads the room brings what comes to its hub in the order of the offsets, and fetches what it finds missing.
// Rooms that are not shared stay on this node.
class RedisBroker final : public Broker, public SharedPresence {
 public:
  // Tells an administrator about a fault that has to be mended, or that it is over.
  using Report = ServerTrouble::Report;

  // A server that was usable may be away for so long before its rooms count as not usable.
  static constexpr Time kUsableAnyway = 5'000'000;

  // One link for each server. The settings and the links outlive the broker. `wake` asks for a tick() in the next turn.
  RedisBroker(const HubSettings& settings, std::string prefix, const std::vector<RedisLink*>& links, Report report,
              std::function<void()> wake);
  ~RedisBroker() override;

  void attach(Node& node) override;
  Deferred<Published> publish(Room& room, const Message& message, Time now) override;
  Deferred<Published> spread(std::string_view room, const Message& message, Time patience, Time now) override;
  Deferred<Status> open(Room& room, Time now) override;
  void close(const Room& room) override;
  Deferred<Status> forget(std::string_view room, Time now) override;

  void entered(const Room& room, const IdentityPtr& who, bool announced, Time now) override;
  void left(const Room& room, const IdentityPtr& who, bool announced, Time now) override;
  Deferred<List> list(std::string_view room, Time now) override;
  Deferred<Count> count(std::string_view room, Time now) override;
  void departed(std::string_view key, const IdentityPtr& who, Time until, Time now) override;
  Deferred<IdentityPtr> returned(std::string_view key, Time now) override;
  void arrived(std::string_view key, const IdentityPtr& who, Time now) override;
  void ended(std::string_view key) override;

  // Messages of this node may have so many bytes. Larger ones of other nodes are not shown: readers are told that they
  // have missed something. The largest counts. Without any there is no limit.
  void show(uint64_t max_message) { max_message_ = std::max(max_message_, max_message); }

  // To be called when due() has come, and after each turn in which the links were served.
  void tick(Time now);
  Time due() const;

  // Why some rooms cannot be used, and for some time; or since the start, without time. Empty: they can.
  std::string failure(Time now) const;

  const BrokerCounters& counters();
  RedisPeers& peers() { return peers_; }
  SharedRevocations& revocations() { return revocations_; }

 private:
  class Shard;

  std::vector<std::unique_ptr<Shard>> shards_of(const std::vector<RedisLink*>& links);
  Shard& shard_of(std::string_view room);
  void told_peers(const RedisLink& link, const RedisReply& reply);

  const HubSettings& settings_;
  RedisKeys keys_;
  BrokerCounters counters_;
  Random random_;
  Report report_;
  std::function<void()> wake_;
  uint64_t max_message_ = 0;  // see show()
  Time now_ = 0;              // of the last turn
  LocalBroker local_;
  RedisPeers peers_;
  std::vector<std::unique_ptr<Shard>> shards_;
  ShardRevocations revocations_;
};

}  // namespace lws_chat
