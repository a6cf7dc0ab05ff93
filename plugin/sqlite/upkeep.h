#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sqlite/checkpointer.h"
#include "sqlite/database.h"
#include "sqlite/log_tail.h"
#include "sqlite/removal.h"
#include "sqlite/room_writes.h"
#include "sqlite/run.h"
#include "sqlite/space.h"
#include "sqlite/sweep.h"

namespace lws_chat {

// Keeps the file in order, in the writer's thread: removes what is over, keeps the file within its size, and has the
// write-ahead log checkpointed.
class Upkeep {
 public:
  struct Done {
    uint64_t trimmed = 0;  // messages
    uint64_t evicted = 0;  // of them for storage-max
    std::vector<Trimmed> rooms{};
    std::string failure{};
    std::string notice{};  // for the log
  };

  Upkeep(Database& database, RoomWrites& rooms, const Run& run, LogTail& log, Checkpointer& checkpointer,
         uint64_t max_bytes);

  // Does a little. `messages` were just written; `ticks` now and then.
  Done work(size_t messages, bool ticks, int64_t unix_ms);

  // Nothing was written for lack of room, or the like: a checkpoint may help.
  void note_failure() { checkpointer_.start_one(); }

  // Returns true if nothing was to be done for a while.
  bool is_idle() const { return sweep_.is_idle() && !space_.needs_step(); }

  uint64_t file_bytes() const;

 private:
  void transaction(size_t messages, bool ticks, int64_t unix_ms, Done& done);
  std::string checkpoint();

  Database& database_;
  RoomWrites& rooms_;
  LogTail& log_;
  Checkpointer& checkpointer_;
  Removal removal_;
  Sweep sweep_;
  Space space_;
  int next_checkpoint_ = 0;  // when so many pages are in the log
  int next_own_ = 0;         // the same, for a checkpoint that the writer waits for
  bool told_long_ = false;   // the log is long, and that was told
};

}  // namespace lws_chat
