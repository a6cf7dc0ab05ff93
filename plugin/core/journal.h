#pragma once

#include <functional>
#include <string_view>

#include "core/deferred.h"
#include "core/log/message.h"
#include "core/publication.h"

// The seam for durable rooms: keeps messages where they survive the process.
namespace lws_chat {

class Journal {
 public:
  virtual ~Journal() = default;

  // Keeps a message of a room. Its readers and its publisher see it only after the answer. The answers for one room
  // come in the order of the calls. If one is not kOk, the messages of the room that wait behind it have failed, too,
  // and the journal must not keep them.
  virtual Deferred<Status> append(std::string_view room, const Position& position, const Message& message) = 0;

  // Forgets the messages of a room; its position stays.
  virtual void forget(std::string_view room) = 0;

  // The journal's knowledge of a room. The epoch is empty if there is none.
  struct Restored {
    Status status = Status::kOk;
    Position position{};  // position of the last message
  };

  // The room is used for the first time. Calls `take` for its messages, oldest first and without a gap, then answers.
  using Take = std::function<void(uint64_t offset, const Message& message)>;
  virtual Deferred<Restored> restore(std::string_view room, Take take) = 0;
};

}  // namespace lws_chat
