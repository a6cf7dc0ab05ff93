#include "core/recovery.h"

#include <algorithm>

#include "core/hub.h"

namespace lws_chat {

Recovery recover_after(const Room& room, const Position& seen) {
  const History& history = room.history();
  uint64_t end = history.top() + 1;
  bool known = seen.epoch.empty() || seen.epoch == room.epoch();
  if (!known || room.settings().history.messages == 0) return {false, end};
  if (seen.offset > history.top() || seen.offset + 1 < room.first_kept()) return {false, end};
  return {true, seen.offset + 1};
}

Recovery recover_latest(const Room& room, const Position& seen) {
  const History& history = room.history();
  uint64_t end = history.top() + 1;
  if (room.settings().history.messages == 0) return {false, end};
  bool there = seen.offset > 0 && seen.offset == history.top() && seen.epoch == room.epoch();
  if (there || room.first_kept() == end) return {there, end};
  return {true, history.top()};
}

Recovery recover_in(const Room& room, const Position& seen) {
  bool all = room.settings().recovery_mode == RecoveryMode::kStream;
  return all ? recover_after(room, seen) : recover_latest(room, seen);
}

Recovery recover_last(const Room& room, uint64_t count) {
  const History& history = room.history();
  uint64_t end = history.top() + 1;
  return {true, std::max(room.first_kept(), end - std::min(count, end))};
}

Recovery recover(Hub& hub, Client& client, const Position* seen, Time now) {
  Room& room = *client.room();
  (void)hub.history(room, now);  // drops what is too old
  Recovery recovery = seen ? recover_in(room, *seen) : Recovery{};
  ++(recovery.whole ? hub.counters().recovered : hub.counters().unrecovered);
  if (recovery.whole) hub.replay_from(client, recovery.next);
  return recovery;
}

}  // namespace lws_chat
