#pragma once

#include <deque>
#include <memory>
#include <string_view>

#include "core/broker.h"
#include "core/deferred.h"
#include "core/ending.h"
#include "core/journal.h"
#include "core/room/room_shares.h"

namespace lws_chat {

class RoomTable;
class Schedule;

// Brings rooms into use: the journal gives back what it has kept of a room, then the broker makes it known.
class Opening {
 public:
  // A room's state in Opening.
  class Slot {
   public:
    // Returns true if journal and broker have answered.
    bool usable() const { return usable_; }
    bool waits() const { return waiting_ != nullptr; }

    // The broker does not know the room any more: whoever uses it next brings it into use again.
    void close() { usable_ = false; }

   private:
    friend class Opening;
    using Waiting = std::deque<Promise<Status>>;

    bool usable_ = false;
    std::unique_ptr<Waiting> waiting_;  // those who want to use the room; nullptr: nothing is under way
  };

  // `journal` may be nullptr.
  Opening(RoomTable& table, Schedule& schedule, Broker& broker, Journal* journal);

  // Answers kOk when the room can be used, or why it cannot.
  Deferred<Status> make_usable(Room& room, Time now);

  // Somebody asks about a room without using it. When this has answered kOk, RoomTable::find() finds a room that the
  // journal knows or that nodes share, until the next turn of the loop. Another room is there already, or nobody knows
  // it.
  Deferred<Status> look_up(std::string_view name, Origin origin, Time now);

 private:
  Deferred<Status> restore(Room& room, Time now);
  void take_over(Room& room, const Journal::Restored& restored, Time now);
  void restored(std::string_view name, const Journal::Restored& restored, Time now);
  Deferred<Status> ask_broker(Room& room, Time now);
  static Deferred<Status> begin(Room& room);
  void finish(std::string_view name, Status status);
  void forget_later(std::string_view name);

  RoomTable& table_;
  Schedule& schedule_;
  Broker& broker_;
  Journal* journal_;
};

}  // namespace lws_chat
