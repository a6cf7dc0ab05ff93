#pragma once

#include "core/memory.h"
#include "core/room/flush.h"

namespace lws_chat {

// Frees memory above max-memory.
class Reclaim {
 public:
  // `fanout` may be nullptr.
  Reclaim(Memory& memory, RoomTable& table, Presence& presence, Membership& membership, Flush& flush, Fanout* fanout)
      : memory_(memory), table_(table), presence_(presence), membership_(membership), flush_(flush), fanout_(fanout) {}

  // Frees first what can be made again, then the oldest messages of histories, then what the slowest readers have not
  // taken: these are dismissed.
  void run_if_needed(Time now) {
    if (memory_.over_limit()) run(now);
  }

 private:
  void run(Time now);
  void forget_page(Block& page);
  [[nodiscard]] bool dismiss_slowest(Block& segment, Time now);

  Memory& memory_;
  RoomTable& table_;
  Presence& presence_;
  Membership& membership_;
  Flush& flush_;
  Fanout* fanout_;
};

}  // namespace lws_chat
