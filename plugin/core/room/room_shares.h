#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace lws_chat {

// The origin of a client: its address, or the /64 network of an IPv6 address. kNobody: it does not count.
using Origin = uint64_t;
inline constexpr Origin kNobody = 0;

// Counts the rooms that clients of each origin have made, so that one origin cannot take all.
class RoomShares {
 public:
  explicit RoomShares(uint64_t most) : most_(most) {}

  // Returns the number of rooms that the origin may still make.
  uint64_t left(Origin origin) const {
    if (most_ == 0 || origin == kNobody) return UINT64_MAX;
    auto found = made_.find(origin);
    return found == made_.end() ? most_ : most_ - found->second;
  }

  void take(Origin origin) {
    if (most_ > 0 && origin != kNobody) ++made_[origin];
  }

  void give_back(Origin origin) {
    auto found = made_.find(origin);
    if (found != made_.end() && --found->second == 0) made_.erase(found);
  }

 private:
  uint64_t most_;  // 0: no limit
  std::unordered_map<Origin, uint64_t> made_;
};

}  // namespace lws_chat
