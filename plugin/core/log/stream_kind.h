#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/log/message.h"
#include "core/log/packer.h"

// The kinds of streams: a table that the hub is given, a row for each kind of readers. Readers of a kind in a room are
// sent the same bytes.
namespace lws_chat {

// Encodes an event as frames.
using Encode = void (*)(FrameSink&, const Event&);

// Writes a message as a change of the one before it. Returns false if that is not shorter than the message itself.
using Patch = bool (*)(std::string& patch, const Message& before, const Message& message);

// A kind's index in the table.
using KindId = uint8_t;

inline constexpr KindId kNoKind = 255;

struct StreamKind {
  std::string_view dialect;  // label in the metrics; rows with the same label are counted together
  Encode encode;             // rows with the same function share its work
  bool joins = false;        // the readers are told who comes and goes
  bool positions = false;    // the readers learn the room's position, and may come back to it
  bool recognized = false;   // a reader that lost its connection is recognized when it comes back
  // Publications are changes of the one before, where that is shorter. Whoever reads such a stream has the publication
  // before: nobody joins it. A reader joins another kind, which has whole publications and names this one as `next`.
  // The reader changes to it as soon as it has read all there is, and at least one publication.
  Patch patch = nullptr;  // rows with the same encoder have the same
  KindId next = kNoKind;
  Packer* packer = nullptr;  // makes the frames shorter; rows with the same encoder have the same, or nullptr
};

using StreamKinds = std::vector<StreamKind>;

// The most rows of the table.
inline constexpr size_t kMaxKinds = 28;

}  // namespace lws_chat
