#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/broker_counters.h"
#include "core/peers.h"
#include "redis/control.h"
#include "redis/keys.h"
#include "redis/link.h"

namespace lws_chat {

// The other nodes, as Redis knows them: each says every few seconds that it is there, and all read one channel for
// orders and one of their own for answers, on every server.
class RedisPeers final : public Peers {
 public:
  static constexpr Time kSayAgain = 3'000'000;
  static constexpr Time kGone = 7'000'000;             // silent for so long
  static constexpr Time kPatience = 1'000'000;         // for answers
  static constexpr Time kSessionPatience = 3'000'000;  // for the node of a client's session
  static constexpr size_t kMostPassedOn = 10'000;      // that wait for their answers
  // Bytes of the names of rooms that all nodes together may answer.
  static constexpr size_t kMostRoomBytes = size_t{4} * 1024 * 1024;

  // `uid` is another one on each node.
  RedisPeers(const RedisKeys& keys, std::vector<RedisLink*> links, std::string uid, BrokerCounters& counters);

  // Says that this node is gone.
  ~RedisPeers() override;
  RedisPeers(const RedisPeers&) = delete;
  RedisPeers& operator=(const RedisPeers&) = delete;

  const std::string& uid() const { return uid_; }

  // Says which servers this node has, see digest_of(). `differs` is told of a node that has others, once for each list.
  void has_servers(std::string digest) { servers_ = std::move(digest); }
  std::function<void(const NodeFacts& node)> differs;

  void attach(Self& self) override { self_ = &self; }
  std::vector<NodeFacts> others() const override;
  size_t count() const { return others_.size(); }
  Deferred<bool> tell(std::string_view method, std::string_view request, Time now) override;
  Deferred<Status> pass_on(std::string_view node, std::string_view session, std::string_view data, Time now) override;
  Deferred<Rooms> rooms(std::string_view pattern, Time now) override;

  // Tells a node that one of its clients' sessions is here now. The other side of it is `taken`.
  void take_over(std::string_view node, std::string_view session);
  std::function<void(std::string_view session, std::string_view node)> taken;
  void replaced(std::string_view client, Time now) {
    if (self_) self_->replaced(client, now);
  }

  // Is told when a server has done a PUBLISH within a moment, or has refused it.
  std::function<void(const RedisLink& link, const RedisReply& reply)> answered;

  // For the listener of a link. message() returns false if the channel is not one of these.
  void up(RedisLink& link, Time now);
  bool message(std::string_view channel, std::string_view payload, Time now);

  void tick(Time now);
  Time due() const;

 private:
  struct Other {
    NodeFacts facts;
    Time seen;
  };
  // For a server that takes a question, and then for the nodes that answer it.
  struct Waiting {
    const RedisLink* link = nullptr;  // nullptr: it has taken the question, or not
    RedisLink::Wait wait;

    Time end() const { return link ? link->end_of(wait) : wait.until; }
    void count_from_answer(bool done, Time now);
  };
  struct Survey {
    Waiting waiting{};
    size_t missing = 0;
    bool failed = false;
    bool too_many = false;
    size_t bytes = 0;  // of the names
    std::map<std::string, uint64_t> counts{};
    Promise<Rooms> promise{};
  };
  // Something for a client's session that a node has not answered yet.
  struct PassedOn {
    Waiting waiting{};
    Promise<Status> promise{};
  };
  // An order that a server may not have taken yet.
  struct Told {
    Waiting waiting{};
    std::shared_ptr<bool> answered{};
    Promise<bool> promise{};
  };
  using Body = decltype(ControlCommand::body);
  using Then = std::function<void(bool done, Time now)>;

  RedisLink* link() const;
  std::optional<Waiting> waiting(Time patience, Time now) const;
  [[nodiscard]] bool send(std::string_view channel, const Body& body, Then then = {});
  void say(std::string_view channel, Time now);
  void act_on(const ControlCommand& command, Time now);
  void meet(const NodeAnnouncement& announcement, Time now);
  void compare_servers(const NodeAnnouncement& announcement, const NodeFacts& node);
  void answer(std::string_view node, const SurveyRequest& request);
  uint32_t list_rooms(std::string_view question, std::string& data);
  uint32_t take_passed_on(std::string_view question);
  void take(const SurveyResponse& response);
  void finish(uint64_t id);

  const RedisKeys& keys_;
  const std::vector<RedisLink*> links_;
  const std::string uid_;
  const std::string own_channel_;
  std::string servers_;                                   // see has_servers(); empty: they are not compared
  std::set<std::string, std::less<>> servers_of_others_;  // that are not the same, and were told
  BrokerCounters& counters_;
  Self* self_ = nullptr;
  std::unordered_map<std::string, Other> others_;
  std::map<uint64_t, Survey> surveys_;
  std::map<uint64_t, PassedOn> passed_on_;  // their numbers are of surveys, too
  std::deque<Told> told_;                   // the oldest first
  uint64_t last_survey_ = 0;
  Time say_at_ = 0;
  Time now_ = 0;  // of the last turn
  Lifetime lifetime_;
};

}  // namespace lws_chat
