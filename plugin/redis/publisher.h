#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/broker.h"
#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/recent_answers.h"
#include "redis/room_script.h"
#include "redis/server_line.h"

namespace lws_chat {

// Publishes into the rooms of one Redis server. While the server is away, messages wait in their order, each for as
// long as its publisher is ready to wait.
//
// Where a stream keeps the messages, one whose answer was lost is sent again. They are numbered, and the server knows
// the number of the last one that it took: so each is published once. If one is not taken, those behind it are not
// taken either: then this waits for all answers, and begins another series with what is left.
class Publisher {
 public:
  // Bytes of messages that may wait.
  static constexpr size_t kMostWaiting = size_t{16} * 1024 * 1024;

  // `tag` is another one on each node.
  Publisher(RedisLink& link, const BrokerParts& parts, const ServerLine& line, std::string tag)
      : link_(link), parts_(parts), line_(line), tag_(std::move(tag)), key_(parts.keys.publisher(tag_)) {}

  // Where a room is, as this node knows it; and what is called when the server has lost messages of a room that it had
  // answered: the room has another epoch now. To be set before anything else.
  std::function<Known(std::string_view room)> known{};
  std::function<void(std::string_view room, Time now)> lost{};

  // Answers with the message's position, or kUnavailable if it is not published, or kUncertain if nobody knows.
  Deferred<Published> publish(std::string_view room, const Message& message, Time patience, Time now);

  void up(Time now);
  void tick(Time now);
  Time due() const;

 private:
  struct Item {
    uint64_t order = 0;  // in which they came
    std::string room;
    std::string publication;
    std::string key;  // idempotency key
    uint64_t version = 0;
    std::string version_epoch;
    RedisLink::Wait wait;
    bool kept = false;    // a stream keeps it
    bool sent = false;    // it may have been published
    bool lost = false;    // an answer was lost
    uint64_t number = 0;  // with which it was sent; 0: it was not, or was not taken
    bool answered = false;
    Promise<Published> promise;
  };
  using ItemPtr = std::shared_ptr<Item>;

  std::string id_of(uint64_t order) const { return tag_ + std::to_string(order); }
  void check_answers(Time now);
  void wait(const ItemPtr& item);
  void send(const ItemPtr& item);
  void send_waiting();
  void was_published(const ItemPtr& item, const RedisReply& reply, Time now);
  void was_spread(Item& item, const RedisReply& reply, Time now);
  void answer(Item& item, const Published& published);
  static void drop_answered(std::deque<ItemPtr>& items);
  void fail(Item& item, const RedisReply& reply, Time now);

  RedisLink& link_;
  const BrokerParts& parts_;
  const ServerLine& line_;
  const std::string tag_;
  const std::string key_;
  RecentAnswers recent_;
  std::string run_id_;       // of the server that has given them
  uint64_t connection_ = 0;  // the number of this one
  uint64_t ids_ = 0;
  uint64_t series_ = 1;
  uint64_t number_ = 0;   // the last one that was given
  size_t under_way_ = 0;  // publications with a number
  bool holds_ = false;    // waits until there is none under way, to begin another series
  std::deque<ItemPtr> waiting_;
  size_t waiting_bytes_ = 0;
  std::map<Time, std::deque<ItemPtr>> unanswered_;  // by patience, so that each line is in the order of the deadlines
};

}  // namespace lws_chat
