#pragma once

#include <cstddef>

#include "core/log/message.h"
#include "core/room/room_list.h"

namespace lws_chat {

// The rooms that have something to send, and when they are due. A quiet room is due at once, a busy one after the
// flush interval.
class FlushQueue {
 public:
  // A room with this many messages to send does not wait for the interval. The cost of reaching a member is then small
  // beside the cost of the messages.
  static constexpr size_t kEnough = 16;

  // A room's state in the queue.
  class Slot {
   public:
    // See note_lost_leave().
    bool lost_leave() const { return lost_leave_; }

   private:
    friend class FlushQueue;
    RoomLink link_;            // place in now_ or later_
    Time due_ = 0;             // when it is due; has a meaning only while it is in a list
    Time flushed_at_ = -1;     // the end of its last flush
    size_t waiting_ = 0;       // number of messages published since the last flush began
    Time waiting_since_ = 0;   // when the first of these messages was published
    Time serving_since_ = -1;  // the same for the messages that the present flush sends; -1: there are none
    bool delayed_ = false;     // the room is in later_, not in now_
    bool again_ = false;       // something came while a flush was under way
    bool lost_leave_ = false;
  };

  // `interval` is in microseconds.
  explicit FlushQueue(Time interval) : interval_(interval) {}

  // The room has one more message to send.
  void note_message(Room& room, Time now);

  // The room has something to send.
  void push(Room& room, Time now);

  // Some members could not be told that somebody left. The next flush looks after them.
  void note_lost_leave(Room& room, Time now);

  // The room has nothing to send, but the next flush has to look at it.
  void push_unused(Room& room);

  static bool holds(const Room& room);

  // When the next room is due; kNever: none waits.
  Time due() const;

  // Moves the rooms whose time has come to those that first() gives.
  void release(Time now);

  // The room to be flushed next; nullptr: none is due.
  Room* first() const { return now_.first(); }

  // A flush of the room begins at its first member.
  static void begin(Room& room);

  // The room's members have been written to, up to a point. The interval counts from the last of these.
  static void note_flush(Room& room, Time now);

  // A whole flush of the room is over. Returns the time for which the first message had waited; -1: there was none.
  static Time finish(Room& room);

  // The room goes behind the others: its flush is not over.
  void postpone(Room& room);

  // Takes the room out. Returns false if it went in again, for something that came meanwhile.
  [[nodiscard]] bool take_out(Room& room, Time now);

 private:
  Time interval_;
  RoomList now_;    // rooms that were quiet, have much to send, or whose time has come
  RoomList later_;  // rooms that wait for the interval
};

}  // namespace lws_chat
