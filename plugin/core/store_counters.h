#pragma once

#include <array>
#include <cstdint>

#include "core/histogram.h"

namespace lws_chat {

// What a store of durable rooms counts, for metrics. Everything but what is "now" counts from the start.
struct StoreCounters {
  static constexpr size_t kBounds = 10;
  static constexpr std::array<double, kBounds> kSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                           0.025,  0.05,  0.1,    0.5,   2};

  uint64_t queue_messages = 0;  // now: messages that wait to be written
  uint64_t queue_bytes = 0;     // now: memory of everything that waits to be written
  uint64_t file_bytes = 0;      // now: of the database and its write-ahead log
  bool failing = false;         // now: the last transaction failed

  Histogram<kBounds> commit_seconds{kSeconds};  // of transactions, from their begin; its count is that of commits
  uint64_t messages = 0;                        // written
  uint64_t message_bytes = 0;                   // written, of payloads, publishers and tags
  uint64_t refused = 0;                         // messages that were not written
  uint64_t failures = 0;                        // transactions
  uint64_t reads = 0;                           // pages of messages that were read
  uint64_t read_failures = 0;                   // of pages and rooms
  uint64_t restored = 0;                        // rooms
  uint64_t trimmed = 0;                         // messages that the limits have removed
  uint64_t evicted = 0;                         // messages of these that storage-max has removed
  uint64_t dropped_records = 0;                 // records that could not be kept
};

}  // namespace lws_chat
