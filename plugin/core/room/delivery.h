#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "core/broker.h"
#include "core/deferred.h"
#include "core/ending.h"
#include "core/journal.h"
#include "core/memory.h"

namespace lws_chat {

struct Counters;
class FlushQueue;
class Membership;
class Presence;
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

    // The journal has not answered yet that it has forgotten messages.
    bool forgets() const { return forgetting_ > 0; }

    // Messages have failed, and their publishers have not been told yet.
    bool fails() const { return fails_; }

    // Number of waiting messages that have an offset.
    uint64_t numbered() const { return unwritten_ ? unwritten_->numbered : 0; }

    // The last of these; nullptr: there is none. Valid until the next change.
    const Message* last_numbered() const { return numbered() > 0 ? &unwritten_->last : nullptr; }

   private:
    friend class Delivery;
    struct Item {
      Item(const Message& of, MemoryAccount& account) : message(of), bytes(account) {}
      KeptMessage message;
      MemoryAccount::Charge bytes;
      bool passed_over = false;  // nothing is to be shown, its publisher only waits for those before it
      Status status = Status::kOk;
      bool answered = false;
      Promise<Published> promise;

      bool numbered() const { return !passed_over && !message.view().ephemeral; }
    };
    struct Unwritten {
      std::deque<std::shared_ptr<Item>> items;
      std::shared_ptr<Item> last_item;  // the last one that is numbered
      Message last{};                   // its message
      uint64_t numbered = 0;
    };
    std::unique_ptr<Unwritten> unwritten_;  // nullptr: no message waits
    bool fails_ = false;
    unsigned forgetting_ = 0;  // questions to the journal that it has not answered
  };

  // `journal` may be nullptr.
  Delivery(Memory& memory, RoomTable& table, FlushQueue& queue, Presence& presence, Membership& membership,
           Reclaim& reclaim, Schedule& schedule, Counters& counters, Journal* journal);

  Deferred<Published> deliver(Room& room, uint64_t offset, const Message& message, Time now) override;
  Deferred<Published> pass_over(Room& room, Time now) override;
  void moved(Room& room, const Position& position, Time now) override;
  Room* opened(std::string_view name) override;
  void begin(Room& room, const Position& position, const std::vector<KeptMessage>& last, Time now) override;
  void told(Room& room, Event::Kind kind, std::string_view who, Time now) override;
  bool missed_changes(Room& room, Time now) override;

  // Forgets the messages of a room, see Hub::forget_history().
  Deferred<Status> forget(Room& room);

  // The journal has forgotten the messages before this one.
  void trimmed(std::string_view name, uint64_t first);

 private:
  Deferred<Published> write_first(Room& room, uint64_t offset, const Message& message, Time now);
  static void line_up(Room& room, const std::shared_ptr<Slot::Item>& item);
  Deferred<Published> answer_later(Room& room, const std::shared_ptr<Slot::Item>& item, Deferred<Status> written);
  void show_written(std::string_view name, Time now);
  void fail_unwritten(Room& room, Status why, Time now);
  Published show_kept(Room& room, const Slot::Item& item, Time now);
  Published show(Room& room, const Message& message, Time now);

  Memory& memory_;
  RoomTable& table_;
  FlushQueue& queue_;
  Presence& presence_;
  Membership& membership_;
  Reclaim& reclaim_;
  Schedule& schedule_;
  Counters& counters_;
  Journal* journal_;
};

}  // namespace lws_chat
