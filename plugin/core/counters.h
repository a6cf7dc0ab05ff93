#pragma once

#include <array>
#include <cstdint>

#include "core/histogram.h"
#include "core/log/message.h"
#include "core/ending.h"

namespace lws_chat {

// What a client speaks.
enum class Dialect : uint8_t { kText, kStructured, kEvents };
inline constexpr unsigned kDialects = 3;

inline const char* name_of(Dialect dialect) {
  return std::array<const char*, kDialects>{"text", "structured", "events"}[static_cast<unsigned>(dialect)];
}

inline Dialect dialect_of(Audience audience) {
  if (audience == Audience::kText) return Dialect::kText;
  return audience == Audience::kEvents ? Dialect::kEvents : Dialect::kStructured;
}

// What happened since the start, and what is now. Counted where it happens, read by logs and metrics.
struct Counters {
  struct ByDialect {
    uint64_t connections = 0;    // now
    uint64_t connects = 0;       // ever
    uint64_t subscriptions = 0;  // now: rooms that its connections are in
    uint64_t joins = 0;          // to a room, ever
  };
  std::array<ByDialect, kDialects> dialects{};
  uint64_t messages_in = 0;  // accepted
  uint64_t bytes_in = 0;     // of their payload
  uint64_t deliveries = 0;   // of a message to a reader: as many as it had when it was published
  uint64_t replayed = 0;     // of those, from a history
  uint64_t recovered = 0;    // readers that came back and were given all they had missed
  uint64_t unrecovered = 0;  // and those that were told that something is missing
  uint64_t pauses = 0;       // of reading from a client that sends too fast
  uint64_t flushes = 0;      // of a room
  uint64_t writes = 0;       // handed to the transport
  uint64_t bytes_out = 0;
  std::array<uint64_t, kStatusCount> ended{};    // connections closed by this side, by cause
  std::array<uint64_t, kStatusCount> refused{};  // and those that it did not take, and messages likewise

  // Seconds that a run of flushes took, and that the first message of those sent together waited until all
  // members had been written to.
  Histogram<8> flush_seconds{{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5}};
  Histogram<8> delay_seconds{{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1}};
  // Bytes that a reader was behind when it could not be written to.
  Histogram<6> lag_bytes{{1024, 8192, 65536, 262144, 1048576, 16777216}};

  uint64_t& of(Status status) { return ended[static_cast<unsigned>(status)]; }
  uint64_t& refused_by(Status status) { return refused[static_cast<unsigned>(status)]; }
  ByDialect& of(Dialect dialect) { return dialects[static_cast<unsigned>(dialect)]; }
  const ByDialect& of(Dialect dialect) const { return dialects[static_cast<unsigned>(dialect)]; }

  void connected(Dialect dialect) {
    ++of(dialect).connections;
    ++of(dialect).connects;
  }
};

}  // namespace lws_chat
