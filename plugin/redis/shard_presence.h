#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/broker.h"
#include "core/shared_presence.h"
#include "redis/broker_parts.h"
#include "redis/link.h"

namespace lws_chat {

// Who is in the rooms of one Redis server. Each node says again and again who is there on it, so that the members of a
// node that has died are over after a time; whichever node finds them tells that they have left.
class ShardPresence {
 public:
  // A member is there for so long after a node has said so. It says so again after the second time.
  static constexpr uint64_t kSeconds = 60;
  static constexpr Time kSayAgain = 20'000'000;
  // Questions are answered by then.
  static constexpr Time kPatience = 1'000'000;
  // After a connection was lost, members that are over stay for so long: the server may have been away for all nodes.
  static constexpr Time kOthersFirst = kSayAgain;
  // What happens while the server is away and has to be said afterwards. What is beyond that is not announced.
  static constexpr size_t kMostUnsaid = 10000;

  ShardPresence(RedisLink& link, const BrokerParts& parts, std::string node_uid)
      : link_(link), parts_(parts), node_uid_(std::move(node_uid)) {}
  void attach(Broker::Node& node) { node_ = &node; }

  // See SharedPresence.
  void entered(const std::string& room, const IdentityPtr& who, bool announced, Time now);
  void left(const std::string& room, const IdentityPtr& who, bool announced);
  Deferred<SharedPresence::List> list(std::string_view room, Time now);
  Deferred<SharedPresence::Count> count(std::string_view room, Time now);

  void up(Time now);
  void tick(Time now);
  Time due() const;

 private:
  struct Change {
    std::string room;
    IdentityPtr who;
    bool came;
    bool announced;
  };
  struct Member {
    IdentityPtr who;
    std::string info;
  };
  struct Question {
    Time deadline;
    std::function<void()> give_up;
  };

  void say(const Change& change);
  void publish(const std::string& room, std::string_view mark, std::string_view info);
  void say_all_again(const std::string& room, Time now);
  void announce_again(const std::string& room, const std::vector<Member>& members, const RedisReply& reply);
  void find_over(const std::string& room);
  void were_over(const std::string& room, const RedisReply& reply, Time now);
  void schedule(const std::string& room, Time at);
  void ask(Time now, std::function<void()> give_up);
  bool failed(std::string_view command, const RedisReply& reply, std::string_view keys = {});
  bool refused(const std::string& room, const RedisReply& reply);

  RedisLink& link_;
  const BrokerParts& parts_;
  const std::string node_uid_;
  Broker::Node* node_ = nullptr;
  std::unordered_map<std::string, Time> rooms_;  // with members on this node, and when these are said again
  std::multimap<Time, std::string> schedule_;
  Time find_over_from_ = 0;
  std::deque<Change> unsaid_;
  std::deque<Question> questions_;
};

}  // namespace lws_chat
