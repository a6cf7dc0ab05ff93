#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/ending.h"
#include "core/log/message.h"
#include "core/room/room_shares.h"

namespace lws_chat {

// A place in a room's log. An offset means something only together with the epoch it belongs to.
struct Position {
  std::string epoch;    // empty: no history keeps the message
  uint64_t offset = 0;  // of the last message before the place; messages count from 1
};

// A message for a room. The views have to stay only until Hub::publish() returns.
struct Publication {
  std::string_view room;
  Message message;
  Origin origin = kNobody;    // for whom a new room counts
  Time patience = 1'000'000;  // microseconds of silence that are waited for, in a room that nodes share
};

// The outcome of a publication.
struct Published {
  Status status = Status::kOk;  // why it was refused, if it was
  Position position{};          // position of the message
  size_t clients = 0;           // members of the room that it was for, on this node
  Time at = 0;                  // the time of the outcome
};

}  // namespace lws_chat
