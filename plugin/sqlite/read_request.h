#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/deferred.h"
#include "core/journal.h"
#include "core/settings.h"

namespace lws_chat {

struct RoomEntry;

// What goes from the event loop to the reader's thread, and comes back with the answer.
struct ReadRequest {
  struct Kept {
    uint64_t offset;
    Time age;
    KeptMessage message;
  };

  RoomEntry* room = nullptr;
  uint64_t after = 0;  // the batch that has to be written before
  HistoryLimits limits{};

  // A page: from here, so many messages and bytes.
  uint64_t from = 0;
  size_t messages = 0;
  size_t bytes = 0;
  std::optional<Promise<Journal::Page>> page_promise{};  // only the loop touches it
  Journal::Page page{};

  // Or a room that is restored.
  std::string new_epoch{};
  Journal::Take take{};
  std::optional<Promise<Journal::Restored>> restore_promise{};  // only the loop touches it
  Journal::Restored restored{};
  std::vector<Kept> kept{};  // newest first
  bool needs_row = false;    // the file does not have the room, or must give it another epoch: the writer's work
  bool needs_touch = false;  // its row should be written again, which nobody waits for
  bool was_begun = false;    // the writer has done it

  std::string failure{};  // why it could not be read
};

}  // namespace lws_chat
