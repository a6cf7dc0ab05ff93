#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/log/message.h"

// The kinds of streams: a table that the hub is given, a row for each kind of readers. Readers of a kind in a room are
// sent the same bytes.
namespace lws_chat {

// Encodes an event as frames.
using Encode = void (*)(FrameSink&, const Event&);

// A kind's index in the table.
using KindId = uint8_t;

struct StreamKind {
  std::string_view dialect;  // label in the metrics; rows with the same label are counted together
  Encode encode;             // rows with the same function share its work
  bool joins = false;        // the readers are told who comes and goes
  bool positions = false;    // the readers learn the room's position, and may come back to it
  bool recognized = false;   // a reader that lost its connection is recognized when it comes back
};

using StreamKinds = std::vector<StreamKind>;

// The most rows of the table.
inline constexpr size_t kMaxKinds = 16;

}  // namespace lws_chat
