#pragma once

#include <cstdint>
#include <string_view>

#include "core/gate.h"
#include "core/room/flush.h"
#include "core/room/opening.h"

namespace lws_chat {

// The wish of a client to become a member of a room.
struct Join {
  std::string_view room;
  uint64_t replay = 0;      // messages that the client gets first, as far as the history has them
  Origin origin = kNobody;  // the client's, for whom a new room counts
  Grant grant{};
};

// Brings clients into rooms: past the gate, into a room that can be used.
class Joining {
 public:
  Joining(RoomTable& table, Opening& opening, Membership& membership, Flush& flush, Schedule& schedule, Gate& gate)
      : table_(table), opening_(opening), membership_(membership), flush_(flush), schedule_(schedule), gate_(gate) {}

  // See Hub::join().
  Deferred<Status> join(Client& client, const Join& wish, Time now);

 private:
  Deferred<Status> join_permitted(Client& client, const Join& wish, Time now);
  void join_late(Client& client, const Join& wish, Deferred<Status> before, Promise<Status> promise);

  RoomTable& table_;
  Opening& opening_;
  Membership& membership_;
  Flush& flush_;
  Schedule& schedule_;
  Gate& gate_;
};

}  // namespace lws_chat
