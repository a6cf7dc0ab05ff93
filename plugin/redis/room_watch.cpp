#include "redis/room_watch.h"

#include <functional>

namespace lws_chat {
namespace {

size_t digest_of(const Message& message) {
  size_t digest = std::hash<std::string_view>()(message.payload);
  return digest * 31 + std::hash<int64_t>()(message.unix_ms);
}

}  // namespace

void RoomWatch::hold(std::string_view payload) {
  if (held.size() < kMostHeld && held_bytes_ + payload.size() <= kMostHeldBytes) {
    held.emplace_back(payload);
    held_bytes_ += payload.size();
    return;
  }
  drop_held();
  missed = true;
}

void RoomWatch::drop_held() {
  held.clear();
  held.shrink_to_fit();
  held_then = 0;
  held_bytes_ = 0;
}

void RoomWatch::mark(uint64_t offset, const Message& message) {
  marked_ = offset;
  digest_ = digest_of(message);
}

bool RoomWatch::contradicts(uint64_t offset, const Message& message) const {
  return marked_ != 0 && offset == marked_ && digest_of(message) != digest_;
}

}  // namespace lws_chat
