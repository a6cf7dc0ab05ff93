#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "core/broker.h"
#include "core/deferred.h"
#include "core/ending.h"
#include "core/journal.h"

namespace lws_chat {

struct Counters;
class FlushQueue;
class Membership;
class Reclaim;
class RoomTable;
class Schedule;

// Brings messages that have a position into their rooms. In a durable room the journal has a message before anybody
// sees it, and the messages behind it wait for it.
class Delivery final : public Broker::Node {
 public:
  // A room's messages that wait for the journal.
  class Slot {
   public:
    bool waits() const { return unwritten_ != nullptr; }

    // Number of waiting messages that have an offset.
    uint64_t numbered() const { return unwritten_ ? unwritten_->numbered : 0; }

   private:
    friend class Delivery;
    struct Item {
      explicit Item(const Message& of) : message(of) {}
      KeptMessage message;
      Status status = Status::kOk;
      bool answered = false;
      Promise<Published> promise;
    };
    struct Unwritten {
      std::deque<std::shared_ptr<Item>> items;
      uint64_t numbered = 0;
    };
    std::unique_ptr<Unwritten> unwritten_;  // nullptr: no message waits
  };

  // `journal` may be nullptr.
  Delivery(RoomTable& table, FlushQueue& queue, Membership& membership, Reclaim& reclaim, Schedule& schedule,
           Counters& counters, Journal* journal);

  Deferred<Published> deliver(Room& room, uint64_t offset, const Message& message, Time now) override;
  void moved(Room& room, const Position& position, Time now) override;
  Room* opened(std::string_view name) override;

 private:
  Deferred<Published> write_first(Room& room, uint64_t offset, const Message& message, Time now);
  void show_written(std::string_view name, Time now);
  void fail_unwritten(Room& room, Status why, Time now);
  Published show(Room& room, const Message& message, Time now);

  RoomTable& table_;
  FlushQueue& queue_;
  Membership& membership_;
  Reclaim& reclaim_;
  Schedule& schedule_;
  Counters& counters_;
  Journal* journal_;
};

}  // namespace lws_chat
