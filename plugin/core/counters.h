#pragma once

#include <array>
#include <cstdint>

#include "core/status.h"

namespace lws_chat {

// What happened since the start, and what is now. Counted where it happens, read by logs and metrics.
struct Counters {
  uint64_t clients = 0;  // now
  uint64_t joins = 0;
  uint64_t messages_in = 0;  // accepted
  uint64_t bytes_in = 0;     // of their payload
  uint64_t recovered = 0;    // readers that came back and were given all they had missed
  uint64_t unrecovered = 0;  // and those that were told that something is missing
  uint64_t pauses = 0;       // of reading from a client that sends too fast
  uint64_t flushes = 0;      // of a room
  uint64_t writes = 0;       // handed to the transport
  uint64_t bytes_out = 0;
  std::array<uint64_t, kStatusCount> ended{};  // refusals and closes by this side, by cause

  uint64_t& of(Status status) { return ended[static_cast<unsigned>(status)]; }
};

}  // namespace lws_chat
