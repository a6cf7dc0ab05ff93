// Records all deliveries, and finds lost, duplicated, reordered, damaged and foreign messages.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "message.h"

namespace bench {

struct Faults {
  uint64_t lost = 0;        // never came; correct only at the end
  uint64_t duplicated = 0;  // came again
  uint64_t reordered = 0;   // came, but after a later one of the same publisher
  uint64_t damaged = 0;     // not a text of the generator
  uint64_t foreign = 0;     // of another room or another run
};

// Rooms, readers and publishers are numbered from 0; reader r and publisher p are in rooms r % rooms and p % rooms.
class Ledger {
 public:
  Ledger(uint32_t run, uint32_t readers, uint32_t publishers, uint32_t rooms);

  // The number of the publisher's next message.
  uint32_t send(uint32_t publisher);

  // Returns true for the first delivery of one of our messages to one of its readers.
  bool receive(uint32_t reader, const Message& message);
  void receive_damaged() { ++faults_.damaged; }

  // Deliveries so far, and their number if all had arrived.
  uint64_t delivered() const { return delivered_; }
  uint64_t expected() const { return expected_; }
  uint64_t sent() const { return sent_; }

  // Counts all missing messages as lost.
  Faults close() const;

 private:
  // Sequence numbers [from, to) that were skipped.
  struct Gap {
    uint32_t from, to;
  };

  size_t track(uint32_t reader, uint32_t publisher) const {
    return static_cast<size_t>(reader) * per_room_ + publisher / rooms_;
  }
  uint32_t readers_of(uint32_t room) const;
  bool receive_late(size_t track, uint32_t sequence);

  uint32_t run_;
  uint32_t readers_;
  uint32_t rooms_;
  uint32_t per_room_;                                     // publishers in a room
  std::vector<uint32_t> sent_by_;                         // per publisher
  std::vector<uint32_t> next_;                            // next sequence number, per reader and publisher of its room
  std::unordered_map<size_t, std::vector<Gap>> missing_;  // by index into next_
  uint64_t sent_ = 0;
  uint64_t delivered_ = 0;
  uint64_t expected_ = 0;
  Faults faults_;
};

}  // namespace bench
