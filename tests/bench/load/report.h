// What one run has measured, and how it is printed.
#pragma once

#include <cstdint>
#include <string>

#include "clock.h"
#include "histogram.h"
#include "ledger.h"
#include "offsets.h"
#include "options.h"

namespace bench {

struct Report {
  std::string error;  // why there was no run; the rest then means nothing

  uint32_t open = 0;            // handshakes done
  Nanoseconds connecting = 0;   // from the first connect() to the last answer
  Nanoseconds connect_cpu = 0;  // the server's
  Histogram handshake;          // from connect() to the answer of each

  uint64_t memory_before = 0;     // bytes, no client yet
  uint64_t memory_connected = 0;  // all open, nothing sent yet
  uint64_t memory_after = 0;
  Nanoseconds settled = 0;
  Nanoseconds settle_cpu = 0;  // the server's, while nothing was sent

  bool overloaded = false;  // sending was given up
  uint64_t sent = 0;        // while measured, as all that follows but the faults
  uint64_t expected = 0;    // deliveries of that
  uint64_t delivered = 0;
  uint64_t while_sending = 0;  // of them, those done when sending ended
  uint64_t in_time = 0;        // and those done a quarter of a second later
  Nanoseconds sending = 0;
  Nanoseconds measured = 0;  // sending, and waiting for the last delivery
  Nanoseconds server_cpu = 0;
  Nanoseconds generator_cpu = 0;
  Histogram latency;    // from before send() of the publisher to after recv() of the reader
  Histogram tardiness;  // of the generator: how late it sent

  // Of requests that post.
  Histogram answering;  // from before send() to after recv() of the answer
  uint64_t answered_while_sending = 0;
  uint64_t refused = 0;         // in the whole run
  uint64_t without_offset = 0;  // in the whole run, and not refused
  Offsets::Faults offsets;      // of the whole run

  double arrived = 1;  // the share of all deliveries due that was done, in the whole run
  Faults faults;       // of the whole run; lost is unknown when overloaded
  uint32_t ended = 0;  // connections that did not live to the end, and the first one's reason
  std::string why_ended;
};

std::string to_json(const Options& options, const Report& report);

}  // namespace bench
