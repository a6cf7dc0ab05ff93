#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/broker_counters.h"
#include "core/settings.h"
#include "redis/keys.h"
#include "redis/link.h"
#include "redis/room_script.h"
#include "redis/server_trouble.h"

namespace lws_chat {

// What the parts of a broker for one server share.
struct BrokerParts {
  const RedisKeys& keys;
  const HubSettings& settings;
  BrokerCounters& counters;
  std::function<std::string()> fresh_epoch;
  ServerTrouble& trouble;  // of their server
  // Tells an administrator anything else, in one line.
  std::function<void(const std::string& line)> tell;
  const uint64_t& max_message;  // bytes of a message that this node shows; 0: any
};

// Bounds of a room's keys.
RoomBounds bounds_of(const RoomSettings& settings);

}  // namespace lws_chat
