#pragma once

#include "core/counters.h"
#include "core/ending.h"
#include "core/room/client.h"
#include "core/room/room_table.h"
#include "core/schedule.h"

namespace lws_chat {

// Brings clients into rooms and out of them.
class Membership {
 public:
  Membership(RoomTable& table, FlushQueue& queue, Presence& presence, Schedule& schedule, Counters& counters)
      : table_(table), queue_(queue), presence_(presence), schedule_(schedule), counters_(counters) {}

  // Makes the client a member. Precondition: it is in no room, and the room is usable.
  void enter(Client& client, Room& room, Time now);

  // A member goes out of its room, or a client does not want to join any more. The client is not told. Does not fail.
  void leave(Client& client, Time now, Departure departure);

  // Ends a membership at once, and tells the client. Does not fail.
  void dismiss(Client& client, Ending ending, Time now);

  // Ends a membership as soon as the client has been sent everything published so far, and tells the client.
  void dismiss_after_head(Client& client, Status why, Time now);

 private:
  RoomTable& table_;
  FlushQueue& queue_;
  Presence& presence_;
  Schedule& schedule_;
  Counters& counters_;
};

}  // namespace lws_chat
