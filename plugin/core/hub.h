#pragma once

#include <cstdint>
#include <limits>

#include "core/counters.h"
#include "core/room.h"

namespace lws_chat {

// Rooms, who is in them, and when they are sent out. Knows no sockets and no clock: connections are
// Clients, time comes in as an argument.
class Hub {
 public:
  struct Settings {
    uint64_t max_lag;     // bytes
    Time flush_interval;  // microseconds
  };

  // Turns a message into frames of the stream.
  using Encode = void (*)(Stream&, const Message&);

  static constexpr Time kNever = std::numeric_limits<Time>::max();

  Hub(Settings settings, Encode encode) : settings_(settings), encode_(encode), lobby_(pool_) {}

  Room& lobby() { return lobby_; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }

  void join(Client& client, Room& room);

  // Lets go of a client whose connection is closing; it is not told.
  void leave(Client& client);

  // Appends to the room; nothing is sent before the flush.
  void publish(Room& room, const Message& message, Time now);

  // Dismisses a client as soon as it has been sent everything published so far.
  void dismiss_after_head(Client& client, Status why, Time now);

  // When the next flush is due; kNever when nothing waits.
  Time due() const;

  // Sends out what is due, with at most about `max_writes` writes; what is left stays due.
  void flush(Time now, size_t max_writes);

  // Goes on with one client that has become ready.
  void pump(Client& client);

 private:
  // A queue of dirty rooms, linked through them.
  struct DirtyList {
    Room* first = nullptr;
    Room* last = nullptr;
    void push(Room& room);
    Room* pop();
  };

  void make_dirty(Room& room, Time now);
  bool flush_room(Room& room, size_t& budget);
  void dismiss(Client& client, Status why);

  Settings settings_;
  Encode encode_;
  SegmentPool pool_;
  Room lobby_;
  Counters counters_;
  DirtyList now_;    // rooms that were quiet, and those whose time has come
  DirtyList later_;  // rooms that wait for flush_interval, in the order in which they became dirty
};

}  // namespace lws_chat
