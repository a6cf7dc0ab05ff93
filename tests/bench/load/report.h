// The results of one run, and their output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "clock.h"
#include "histogram.h"
#include "ledger.h"
#include "offsets.h"
#include "options.h"

namespace bench {

// What another process group needed.
struct Beside {
  uint64_t memory_before = 0;  // as in Report
  uint64_t memory_connected = 0;
  Nanoseconds settle_cpu = 0;
  Nanoseconds cpu = 0;
};

struct Report {
  std::string error;  // why the run failed; the rest is then meaningless

  uint32_t open = 0;            // handshakes done
  Nanoseconds connecting = 0;   // from the first connect() to the last answer
  Nanoseconds connect_cpu = 0;  // the server's
  Histogram handshake;          // from connect() to the answer

  uint64_t memory_before = 0;     // bytes, before the first client
  uint64_t memory_connected = 0;  // all clients open, nothing sent yet
  uint64_t memory_after = 0;
  Nanoseconds settled = 0;
  Nanoseconds settle_cpu = 0;  // the server's, while the clients are idle

  bool overloaded = false;  // the sending was stopped
  uint64_t sent = 0;        // while measured, like all that follows except the faults
  uint64_t expected = 0;    // deliveries of these
  uint64_t delivered = 0;
  double frame_bytes = 0;      // mean size of the frames of messages, for the whole run
  uint64_t elsewhere = 0;      // of the delivered ones, those of another server
  uint64_t while_sending = 0;  // deliveries before the sending ended
  uint64_t in_time = 0;        // deliveries up to a quarter of a second later
  Nanoseconds sending = 0;
  Nanoseconds measured = 0;  // sending and waiting for the last delivery
  Nanoseconds server_cpu = 0;
  Nanoseconds generator_cpu = 0;
  std::vector<Beside> beside;  // in the order of the options
  Histogram latency;           // from before send() of the publisher to after recv() of the reader
  Histogram tardiness;         // the generator's delay in sending

  // Requests that post.
  Histogram answering;  // from before send() to after recv() of the answer
  uint64_t answered_while_sending = 0;
  uint64_t refused = 0;         // in the whole run
  uint64_t without_offset = 0;  // in the whole run, without refused ones
  Offsets::Faults offsets;      // of the whole run

  double arrived = 1;  // share of due deliveries that were done, in the whole run
  Faults faults;       // in the whole run; `lost` is unknown when overloaded
  uint32_t ended = 0;  // connections that ended too early; why_ended is the first one's reason
  std::string why_ended;
};

std::string to_json(const Options& options, const Report& report);

}  // namespace bench
