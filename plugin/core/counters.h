#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/ending.h"
#include "core/histogram.h"
#include "core/log/stream_kind.h"

namespace lws_chat {

// Counts since the start of the server, and present numbers. The code counts where something happens; logs and metrics
// read the counts.
struct Counters {
  explicit Counters(const StreamKinds& kinds) {
    for (size_t kind = 0; kind < kinds.size(); ++kind) {
      size_t place = 0;
      while (place < dialects.size() && dialects[place].name != kinds[kind].dialect) ++place;
      if (place == dialects.size()) dialects.emplace_back().name = kinds[kind].dialect;
      places_[kind] = static_cast<uint8_t>(place);
    }
  }

  struct ByDialect {
    std::string_view name{};
    uint64_t connections = 0;    // open now
    uint64_t connects = 0;       // made since the start
    uint64_t subscriptions = 0;  // memberships now
    uint64_t joins = 0;          // memberships since the start
  };
  std::vector<ByDialect> dialects;  // in the order of the kinds' table
  uint64_t messages_in = 0;         // messages accepted
  uint64_t bytes_in = 0;            // bytes of the payload of these messages
  uint64_t deliveries = 0;          // messages times the readers that they had when they were published
  uint64_t replayed = 0;            // deliveries from a history
  uint64_t recovered = 0;           // readers that came back and got everything they had missed
  uint64_t unrecovered = 0;         // readers that came back and were told that something is missing
  uint64_t pauses = 0;              // times that reading from a client stopped because it sent too fast
  uint64_t flushes = 0;             // whole flushes of a room
  uint64_t writes = 0;              // writes handed to the transport
  uint64_t bytes_out = 0;
  std::array<uint64_t, kStatusCount> ended{};    // connections ended by the server, by cause
  std::array<uint64_t, kStatusCount> refused{};  // connections and messages refused, by cause

  // Seconds that a run of flushes took.
  Histogram<8> flush_seconds{{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5}};
  // Seconds from the first message that waited in a room until all members were written to.
  Histogram<8> delay_seconds{{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1}};
  // Bytes that a reader was behind when it was not ready.
  Histogram<6> lag_bytes{{1024, 8192, 65536, 262144, 1048576, 16777216}};

  uint64_t& of(Status status) { return ended[static_cast<unsigned>(status)]; }
  uint64_t& refused_by(Status status) { return refused[static_cast<unsigned>(status)]; }
  ByDialect& of(KindId kind) { return dialects[places_[kind]]; }
  const ByDialect& of(KindId kind) const { return dialects[places_[kind]]; }

  void connected(KindId kind) {
    ++of(kind).connections;
    ++of(kind).connects;
  }

 private:
  std::array<uint8_t, kMaxKinds> places_{};  // index into `dialects` for each kind
};

}  // namespace lws_chat
