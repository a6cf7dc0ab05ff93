#pragma once

#include <cstdint>
#include <unordered_map>

#include "core/log/message.h"
#include "core/room/room_shares.h"

namespace lws_chat {

// Limits how many connections each address may make in a second (max-joins-per-second).
class ConnectRate {
 public:
  // 0 means no limit.
  explicit ConnectRate(uint64_t per_second) : per_second_(per_second) {}

  // Counts a connection. Returns true if it is within the limit.
  bool admit(Origin address, Time now);

 private:
  uint64_t per_second_;
  Time since_ = 0;                              // start of the present second
  std::unordered_map<Origin, uint64_t> count_;  // number of connections in this second, by address
};

}  // namespace lws_chat
