#pragma once

#include <cstdint>

#include "core/publication.h"

namespace lws_chat {

class Client;
class Hub;
class Room;

// The messages that a room keeps, in memory or in the journal, and that a reader is given before it gets new ones. This
// is the only place that decides it, for every dialect.
struct Recovery {
  bool whole = false;  // nothing is missing between the reader's position and `next`
  uint64_t next = 0;   // offset of the first message that it is given; one more than the last offset: it gets none
};

// For a reader that comes back and has seen everything up to `seen`. The recovery is incomplete if a later message is
// gone, if the room has not come as far as `seen`, if the room began anew, or if the room keeps no messages. An empty
// epoch means the room's present one. Precondition: what is too old has been dropped, see Hub::history().
Recovery recover_after(const Room& room, const Position& seen);

// The same in a room where each message replaces the one before: the reader is given the last one, unless it is exactly
// there already. Without a last message only a reader that is exactly there is complete.
Recovery recover_latest(const Room& room, const Position& seen);

// The one of the two that the room's settings ask for.
Recovery recover_in(const Room& room, const Position& seen);

// For a reader that has seen nothing and wants the last `count` messages, or as many as there are.
Recovery recover_last(const Room& room, uint64_t count);

// Gives a client that comes back the messages behind the position that it has seen, before everything that is
// published from now on. It gets none if the recovery is incomplete; nullptr: it has seen no position in this room.
// Counts the result. Precondition: the client has just joined.
Recovery recover(Hub& hub, Client& client, const Position* seen, Time now);

}  // namespace lws_chat
