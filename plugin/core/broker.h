#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/deferred.h"
#include "core/log/message.h"
#include "core/publication.h"

// The seam between nodes: gives each message its position and spreads it to every node that has readers of the room.
namespace lws_chat {

class Room;

class Broker {
 public:
  // The hub as its broker sees it.
  class Node {
   public:
    // Delivers the message at this offset to the room's readers. Messages of a room have to come in order and without a
    // gap. A message whose offset was there before is ignored.
    virtual Deferred<Published> deliver(Room& room, uint64_t offset, const Message& message, Time now) = 0;

    // Nothing is to be delivered: answers with the room's position when the messages before have been delivered.
    virtual Deferred<Published> pass_over(Room& room, Time now) = 0;

    // The room's position is another one than was delivered. The readers have missed messages, and are told so. A room
    // that nodes share is closed: it is opened again when somebody comes.
    virtual void moved(Room& room, const Position& position, Time now) = 0;

    // The open room of this name, or nullptr.
    virtual Room* opened(std::string_view name) = 0;

    // A room that nodes share begins here, or begins anew: with this position, and the last messages before it, oldest
    // first and without a gap. Precondition: it has no members.
    virtual void begin(Room& room, const Position& position, const std::vector<KeptMessage>& last, Time now) = 0;

    // Somebody has come into a room that nodes share, or has left it, on any node. `who` is its Identity::json.
    virtual void told(Room& room, Event::Kind kind, std::string_view who, Time now) = 0;

    // Some have come or gone, and nobody knows who. Readers who are told who comes and goes are told of a gap. Returns
    // true if there are any. The room may be closed then.
    virtual bool missed_changes(Room& room, Time now) = 0;

   protected:
    ~Node() = default;
  };

  virtual ~Broker() = default;

  // Sets the node that the broker works for. Called once, before anything else.
  virtual void attach(Node& node) = 0;

  // Gives the message its position and spreads it. The answer may come before or after the delivery.
  virtual Deferred<Published> publish(Room& room, const Message& message, Time now) = 0;

  // The same for a room that nodes share: this node need not have opened it. Answers kUnavailable if the message is not
  // spread, and kUncertain if nobody knows: `patience` microseconds after the last sign of life at the latest.
  virtual Deferred<Published> spread(std::string_view room, const Message& message, Time patience, Time now);

  // This node needs the room: from the answer on, messages of the room have to be delivered.
  virtual Deferred<Status> open(Room& room, Time now) = 0;

  // This node does not need the room any more.
  virtual void close(const Room& room) = 0;

  // Forgets what nodes share of the messages of a room; its position stays. Each node still has some in memory.
  virtual Deferred<Status> forget(std::string_view room, Time now);
};

// For a server that is alone. The position is the room's next one, and delivery is at once.
class LocalBroker final : public Broker {
 public:
  void attach(Node& node) override { node_ = &node; }
  Deferred<Published> publish(Room& room, const Message& message, Time now) override;
  Deferred<Status> open(Room&, Time) override { return Status::kOk; }
  void close(const Room&) override {}

 private:
  Node* node_ = nullptr;
};

}  // namespace lws_chat
