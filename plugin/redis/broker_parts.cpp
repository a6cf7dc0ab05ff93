#include "redis/broker_parts.h"

#include <algorithm>

namespace lws_chat {
namespace {

// After this time without a member or a message Redis forgets a room's epoch: 30 days, as Centrifugo's default.
constexpr uint64_t kMetaSeconds = uint64_t{30} * 24 * 3600;

}  // namespace

RoomBounds bounds_of(const RoomSettings& settings) {
  auto seconds = static_cast<uint64_t>(settings.history.age / 1'000'000);
  return {std::max<uint64_t>(settings.history.messages, 1), std::max<uint64_t>(seconds, 1), kMetaSeconds};
}

}  // namespace lws_chat
