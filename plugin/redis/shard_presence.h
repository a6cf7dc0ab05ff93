#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/broker.h"
#include "core/shared_presence.h"
#include "redis/announced.h"
#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/questions.h"
#include "redis/server_line.h"

namespace lws_chat {

// Who is in the rooms of one Redis server. Each node says again and again who is there on it, so that the members of a
// node that has died are over after a time; whichever node finds them tells that they have left.
class ShardPresence {
 public:
  // A member is there for so long after a node has said so. It says so again after the second time.
  static constexpr uint64_t kSeconds = 60;
  static constexpr Time kSayAgain = 20'000'000;
  // Questions are answered by then, see Questions.
  static constexpr Time kPatience = 1'000'000;
  // After a connection was lost, members that are over stay for so long: the server may have been away for all nodes.
  static constexpr Time kOthersFirst = kSayAgain;
  // What happens while the server is away and has to be said afterwards. What is beyond that is not announced:
  // readers are told that they have missed something.
  static constexpr size_t kMostUnsaid = 10000;
  // Members whom others were told to have left are announced again when their room is caught up, or after this time.
  static constexpr Time kOweFor = 5'000'000;

  ShardPresence(RedisLink& link, const BrokerParts& parts, const ServerLine& line, std::string node_uid)
      : link_(link), parts_(parts), line_(line), node_uid_(std::move(node_uid)), questions_(link, kPatience) {}
  void attach(Broker::Node& node) { node_ = &node; }

  // See SharedPresence.
  void entered(const std::string& room, const IdentityPtr& who, bool announced, Time now);
  void left(const std::string& room, const IdentityPtr& who, bool announced);
  Deferred<SharedPresence::List> list(std::string_view room, Time now);
  Deferred<SharedPresence::Count> count(std::string_view room, Time now);

  // Says if readers on this node have all that was said in the room. A member who was not may leave it now. To be set
  // before anything else.
  std::function<bool(std::string_view room)> caught_up{};

  // Somebody is said to have come or left: `info` is a ClientInfo. Returns false if readers on this node know better.
  bool is_news(const std::string& room, Event::Kind kind, std::string_view client, std::string_view info);

  void up(Time now);
  void tick(Time now);
  Time due() const;
  size_t members() const { return announced_.size(); }

 private:
  struct Change {
    std::string room;
    IdentityPtr who;
    bool came;
    bool announced;
    bool repeated = false;  // Redis may have done it, and the answer was lost
  };

  void say(const Change& change);
  void has_come(const Change& change, std::string_view info, const RedisReply& reply);
  void has_left(const Change& change, std::string_view info, const RedisReply& reply);
  void publish(const std::string& room, std::string_view mark, std::string_view info);
  void announce(const std::string& room, std::string_view payload);
  void was_perhaps_untold(const std::string& room);
  void say_all_again(const std::string& room, Time now);
  void were_missed(const std::string& room, const RedisReply& reply, Time now);
  void announce_missed(Time now);
  void find_over(const std::string& room);
  void were_over(const std::string& room, const RedisReply& reply, Time now);
  void schedule(const std::string& room, Time at);
  bool failed(std::string_view command, const RedisReply& reply, std::string_view keys = {});
  bool refused(const std::string& room, const RedisReply& reply);

  RedisLink& link_;
  const BrokerParts& parts_;
  const ServerLine& line_;
  const std::string node_uid_;
  Broker::Node* node_ = nullptr;
  std::unordered_map<std::string, Time> rooms_;  // with members on this node, and when these are said again
  std::multimap<Time, std::string> schedule_;
  Time find_over_from_ = 0;
  Announced announced_;
  std::set<std::string> unwritten_;  // rooms whose members the server has refused to take again
  std::set<std::string> missed_;     // rooms with members whom others miss
  Time missed_until_ = 0;            // then these are announced at last
  std::deque<Change> unsaid_;
  std::set<std::string> untold_;  // rooms in which somebody came or left, and perhaps nobody was told
  Questions questions_;
};

}  // namespace lws_chat
