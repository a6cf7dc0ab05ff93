#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>

#include "core/counters.h"
#include "core/room.h"

namespace lws_chat {

// Rooms, who is in them, and when they are sent out. Knows no sockets and no clock: connections are
// Clients, time comes in as an argument.
class Hub {
 public:
  struct Settings {
    uint64_t max_lag = 0;     // bytes
    Time flush_interval = 0;  // microseconds
    uint64_t max_rooms = 0;
    uint64_t max_memory = 0;    // bytes of all streams and histories
    History::Limits history{};  // of each room
    uint64_t epoch_seed = 0;    // different each time a hub is made
  };

  static constexpr Time kNever = std::numeric_limits<Time>::max();

  // A room with so many messages to send does not wait for more: what it costs to reach a member once is by
  // then small beside what the messages cost.
  static constexpr size_t kEnough = 16;

  Hub(const Settings& settings, Encode encode, Fanout* fanout = nullptr)
      : settings_(settings), encode_(encode), fanout_(fanout) {}
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  size_t rooms() const { return rooms_.size(); }
  size_t bytes_in_use() const { return pool_.bytes_in_use(); }

  // The room of that name, or nullptr.
  const Room* find(std::string_view name) const;

  // Whether a client may join: the room is there, there may be one more, or one can be forgotten for it.
  bool has_place(std::string_view name) const;

  // Puts the client into the room, made if it is not there, and gives it the room's last `replay`
  // messages as far as the history has them. kTooManyRooms if there is no place.
  Status join(Client& client, std::string_view room, uint64_t replay, Time now);

  // Lets go of a client whose connection is closing; it is not told.
  void leave(Client& client);

  // A message of a member for its room; nothing is sent before the flush.
  void publish(Room& room, const Message& message, Time now);

  // Dismisses a client as soon as it has been sent everything published so far.
  void dismiss_after_head(Client& client, Status why, Time now);

  // When flush() has something to do; kNever when nothing waits.
  Time due() const;

  // Sends out what is due, with at most about `max_writes` writes; what is left stays due. Drops what
  // has become too old.
  void flush(Time now, size_t max_writes);

  // Goes on with one client that has become ready. A long replay stops in between: to be called again in
  // another loop turn as long as the client is behind() and ready().
  void pump(Client& client);

 private:
  void make_dirty(Room& room, Time now);
  bool flush_room(Room& room, Time now, size_t& budget);
  bool send_replay(Client& client);
  void send_stream(Client& client);
  void dismiss(Client& client, Status why);
  void expire(Time now);
  void reclaim();
  void reclaim_history(Room& room);
  bool evict_readers(Room& room);
  void retire(Room& room);
  std::string next_epoch();

  Settings settings_;
  Encode encode_;
  Fanout* fanout_;
  BlockPool pool_;
  std::unordered_map<std::string_view, std::unique_ptr<Room>> rooms_;  // keyed by the room's own name
  Counters counters_;
  RoomLists::Dirty now_;          // rooms that were quiet, those with much to send and those whose time has come
  RoomLists::Dirty later_;        // rooms that wait for flush_interval
  RoomLists::Historic historic_;  // rooms with a history, in the order of their last message
  RoomLists::Vacant vacant_;      // those of them without members, in the order in which the last one left
  bool in_room_ = false;          // walking through a room's members: no room ends now
  uint64_t epochs_ = 0;
};

}  // namespace lws_chat
