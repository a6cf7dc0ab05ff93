#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/log/message.h"
#include "core/random.h"

namespace lws_chat {

// Bounds of a room's history.
struct HistoryLimits {
  uint64_t messages = 0;            // 0: none are kept
  uint64_t bytes = 0;               // of payload, publisher and tags
  Time age = 0;                     // microseconds
  uint64_t in_memory = UINT64_MAX;  // messages at most in memory; a journal has the older ones
};

// The messages that a reader gets when it comes back to a room.
enum class RecoveryMode : uint8_t {
  kStream,    // everything that it has missed
  kCache,     // the last message only: each message replaces the one before
  kAutoCache  // the last message, also to newcomers of the structured dialect
};

// Who may do something in a room.
enum class Who : uint8_t {
  kAnyone,
  kUsers,     // clients whose user is known
  kInvited,   // clients that a token or a back end has let into the room
  kNoClient,  // only back ends
  kMembers    // everybody who is in the room; not a rule for joining
};

// The rules for the clients of a room. Back ends may do everything.
struct RoomRules {
  Who join = Who::kAnyone;
  Who publish = Who::kAnyone;
  Who history = Who::kAnyone;
  Who presence = Who::kAnyone;
  std::string pattern{};  // regular expression for the part of a name behind the namespace; empty: any name

  bool operator==(const RoomRules& other) const {
    return join == other.join && publish == other.publish && history == other.history && presence == other.presence &&
           pattern == other.pattern;
  }
};

// The way in which clients may ask for changes instead of whole messages.
enum class Delta : uint8_t { kOff, kFossil };

// The settings of every room of a namespace.
struct RoomSettings {
  HistoryLimits history{};
  RecoveryMode recovery_mode = RecoveryMode::kStream;
  uint64_t replay = 0;            // messages that a client without a position gets when it joins
  bool presence = false;          // members may ask who is in the room
  bool join_leave = false;        // members that ask for it are told who comes and goes
  bool force_join_leave = false;  // structured members are told so without asking
  Delta delta = Delta::kOff;      // structured members that ask for it are sent changes
  bool durable = false;           // messages are in the journal before anybody sees them
  bool shared = false;            // the broker has the room, for all nodes
  // The back end is asked before clients subscribe, publish, or go on after a subscription has expired.
  bool subscribe_hook = false;
  bool publish_hook = false;
  bool sub_refresh_hook = false;
  Time presence_grace = 0;  // microseconds for which a client whose connection was lost counts as present
  RoomRules rules{};

  // A hub with a journal keeps such rooms there. Without a history there is nothing to keep.
  bool is_durable() const { return durable && !shared && history.messages > 0; }
};

struct HubSettings {
  uint64_t max_lag = 0;     // bytes
  Time flush_interval = 0;  // microseconds
  uint64_t max_rooms = 0;
  uint64_t max_rooms_per_origin = 0;  // 0: no limit
  uint64_t max_memory = 0;            // bytes, see Memory
  RoomSettings rooms{};               // rooms outside of these namespaces:
  std::vector<std::pair<std::string, RoomSettings>> namespaces{};
  bool strict_namespaces = false;       // clients cannot use rooms of other namespaces
  RandomSource random = system_random;  // for clients' ids and rooms' epochs

  // Returns the number of a room's namespace, counted from 1; 0: it is in none of these.
  size_t namespace_of(std::string_view room) const;

  // Returns the settings of a room.
  const RoomSettings& of(std::string_view room) const;
};

}  // namespace lws_chat
