#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/log/message.h"
#include "core/random.h"

namespace lws_chat {

// Bounds of a room's history.
struct HistoryLimits {
  uint64_t messages = 0;  // 0: none are kept
  uint64_t bytes = 0;     // of payload, publisher and tags
  Time age = 0;           // microseconds
};

// The settings of every room of a namespace.
struct RoomSettings {
  HistoryLimits history{};
  uint64_t replay = 0;      // messages that a text client gets when it joins
  bool presence = false;    // members may ask who is in the room
  bool join_leave = false;  // members are told who comes and goes, if they ask for it
  bool durable = false;     // messages are in the journal before anybody sees them
  Time presence_grace = 0;  // microseconds for which a client whose connection was lost counts as present
};

struct HubSettings {
  uint64_t max_lag = 0;     // bytes
  Time flush_interval = 0;  // microseconds
  uint64_t max_rooms = 0;
  uint64_t max_rooms_per_origin = 0;  // 0: no limit
  uint64_t max_memory = 0;            // bytes of all streams, histories and of what clients hold
  RoomSettings rooms{};               // of rooms outside these namespaces:
  std::vector<std::pair<std::string, RoomSettings>> namespaces{};
  RandomSource random = system_random;  // of clients' ids and rooms' epochs
};

}  // namespace lws_chat
