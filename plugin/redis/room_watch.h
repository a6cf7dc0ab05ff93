#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/log/message.h"
#include "redis/heard_changes.h"
#include "redis/keys.h"
#include "redis/link.h"

namespace lws_chat {

// What this node knows of a shared room that it reads, or has read until a moment ago. ShardRooms brings it from state
// to state:
//
//   kIdle -> kSubscribing -> kReading -> kLive -> kReading -> ...
//
// Payloads that come before it is live wait: what the stream has may come before them.
struct RoomWatch {
  enum class State : uint8_t {
    kIdle,         // the server is away
    kSubscribing,  // the server has not confirmed the subscription
    kReading,      // the position, or missing messages, are being read
    kLive          // each payload is for the room as it comes
  };

  // Payloads that wait at most. If there are more, all are dropped and read from the stream.
  static constexpr size_t kMostHeld = 1000;
  static constexpr size_t kMostHeldBytes = size_t{1024} * 1024;

  RoomWatch(std::string of, RoomNames with) : room(std::move(of)), names(std::move(with)) {}

  // Payloads that came before the room was live.
  void hold(std::string_view payload);
  void drop_held();

  // Remembers the last message that was delivered, so that another one in its place is noticed.
  void mark(uint64_t offset, const Message& message);
  bool contradicts(uint64_t offset, const Message& message) const;

  const std::string room;
  const RoomNames names;
  State state = State::kIdle;
  bool begun = false;        // the hub's room has the position that all nodes have
  bool wanted = true;        // the hub has opened the room
  bool missed = false;       // payloads may have been missed since the last question was asked
  Time until = kNever;       // if it is not wanted: when the subscription ends; while it is being opened: the deadline
  Time compare_at = kNever;  // when its position is compared with that in Redis
  bool by_time = false;      // that is why its position was asked for
  uint64_t doubted = 0;      // the offset that was missing then
  uint32_t reading = 0;      // number of the last question, so that answers to former ones are recognized
  std::optional<Promise<Status>> opening{};
  RedisLink::Wait wait{};  // while it is being opened
  std::deque<std::string> held{};
  size_t held_then = 0;   // payloads that were held when the last question was asked: the answer is newer than they are
  uint64_t top_then = 0;  // offset of the room's last message, as that answer said
  uint64_t change_then = 0;         // number of the room's last join or leave, as that answer said
  HeardChanges heard{};             // joins and leaves, if the room has a stream
  std::vector<KeptMessage> last{};  // messages of a room that is about to begin, read so far
  uint64_t last_offset = 0;         // of the last one of them

 private:
  size_t held_bytes_ = 0;
  uint64_t marked_ = 0;  // offset of the message that `digest_` is of; 0: there is none
  size_t digest_ = 0;
};

}  // namespace lws_chat
