#pragma once

#include <cstdint>

namespace lws_chat {

// What a node's broker counts, for the metrics.
struct BrokerCounters {
  uint64_t servers = 0;      // Redis servers that rooms are spread over
  uint64_t servers_up = 0;   // those that can be used now
  uint64_t connections = 0;  // times that a server could be used, again or for the first time
  uint64_t failures = 0;     // times that a server could not be used: attempts that failed, connections that ended
  uint64_t nodes = 0;        // that share rooms, this one included
  uint64_t rooms = 0;        // shared rooms that this node reads
  uint64_t unanswered = 0;   // commands that wait for their answers
  uint64_t waiting = 0;      // messages that wait for a server
  uint64_t published = 0;    // messages that Redis has taken from this node
  uint64_t unavailable = 0;  // messages that were refused because a server was away
  uint64_t uncertain = 0;    // messages whose fate is not known
  uint64_t received = 0;     // messages that came through PUB/SUB
  uint64_t repeated = 0;     // messages that came although they had been delivered
  uint64_t fetched = 0;      // messages that PUB/SUB did not bring, taken from the stream
  uint64_t comparisons = 0;  // of a room's position with Redis
  uint64_t gaps = 0;         // times that a room's readers were told that they missed messages
  uint64_t change_gaps = 0;  // the same, joins and leaves
  uint64_t renewals = 0;     // rooms that began a new epoch because Redis had lost messages
  uint64_t foreign = 0;      // payloads that are none, or are not for this node
  uint64_t errors = 0;       // commands that Redis refused
};

}  // namespace lws_chat
