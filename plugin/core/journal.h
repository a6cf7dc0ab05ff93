#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/deferred.h"
#include "core/log/message.h"
#include "core/publication.h"
#include "core/settings.h"

// The seam for durable rooms: keeps their messages where they survive the process. Every function is called on the
// thread of the event loop, returns at once, and answers later on the same thread.
namespace lws_chat {

class Journal {
 public:
  virtual ~Journal() = default;

  // Keeps a message of a room, and forgets the oldest ones beyond the limits. The readers and the publisher of the
  // message see it only after the answer. What is appended in one turn of the loop is kept together or not at all. The
  // answers for one room come in the order of the calls. If one is not kOk, the messages of the room that wait behind
  // it have failed, too, and the journal must not keep them: it takes a message only with the offset behind the last.
  virtual Deferred<Status> append(std::string_view room, const HistoryLimits& limits, const Position& position,
                                  const Message& message) = 0;

  // Forgets the messages of a room; its position stays. The answer says whether they are gone for good.
  virtual Deferred<Status> forget(std::string_view room) = 0;

  // The journal's knowledge of a room.
  struct Restored {
    Status status = Status::kOk;
    Position position{};  // of the last message; the epoch is the new one if the journal did not know the room
    uint64_t first = 1;   // offset of the oldest message that the journal has; position.offset + 1: it has none
  };

  // Takes a message, `age` microseconds old: never negative, although the system's clock may be set back.
  using Take = std::function<void(uint64_t offset, const Message& message, Time age)>;

  // The room is used for the first time. Calls `take` for its last messages, oldest first and without a gap, as many
  // as stay in memory and are not too old; then answers. A room that the journal does not know begins with the new
  // epoch, which the journal keeps.
  virtual Deferred<Restored> restore(std::string_view room, const RoomSettings& settings, std::string_view new_epoch,
                                     Take take) = 0;

  // Messages of a room, oldest first and without a gap.
  struct Page {
    Status status = Status::kOk;
    uint64_t first = 0;  // offset of the first one: later than was asked for if earlier ones are gone
    std::vector<KeptMessage> messages{};
  };

  // Reads messages from this offset on: at most so many, and about so many bytes, but at least one if there is one.
  virtual Deferred<Page> read(std::string_view room, const HistoryLimits& limits, uint64_t from, size_t messages,
                              size_t bytes) = 0;

  // Called when messages of a room were forgotten: `first` is the offset of the oldest one that is left.
  std::function<void(std::string_view room, uint64_t first)> trimmed{};
};

}  // namespace lws_chat
