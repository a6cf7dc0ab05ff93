#include "sqlite/upkeep.h"

#include <utility>

#include "sqlite/schema.h"

namespace lws_chat {
namespace {

// Pages of the write-ahead log for which a checkpoint begins, and for which the writer waits for one: else the log
// would grow for as long as messages come without a pause.
constexpr int kCheckpointPages = 1000;
constexpr int kWaitPages = 4000;
constexpr int kLongPages = 16'000;  // 64 MiB: the log says it

// Messages that are removed at once for storage-max: more than come, so that the file gets smaller.
constexpr uint64_t kLeastRemoved = 500;
constexpr uint64_t kRemovedPerMessage = 4;

}  // namespace

Upkeep::Upkeep(Database& database, RoomWrites& rooms, const Run& run, LogTail& log, Checkpointer& checkpointer,
               uint64_t max_bytes)
    : database_(database),
      rooms_(rooms),
      log_(log),
      checkpointer_(checkpointer),
      removal_(database),
      sweep_(database, removal_, run),
      space_(database, removal_, max_bytes) {}

Upkeep::Done Upkeep::work(size_t messages, bool ticks, int64_t unix_ms) {
  Done done;
  if (ticks || messages > 0) space_.measure();
  if (ticks || space_.needs_step()) {
    space_.set_hard_limit(true);
    transaction(messages, ticks, unix_ms, done);
    if (ticks) space_.shrink();
    if (database_.failed()) {
      done = {0, 0, {}, database_.failure_text()};
      database_.clear_failure();
      log_.failed(false);
      sweep_.undo();
      space_.undo();
    }
    space_.set_hard_limit(false);
  }
  if (!done.rooms.empty()) rooms_.firsts_changed();
  done.notice = checkpoint();
  return done;
}

void Upkeep::transaction(size_t messages, bool ticks, int64_t unix_ms, Done& done) {
  database_.run("BEGIN IMMEDIATE");
  if (space_.needs_step())
    done.evicted = space_.step(kLeastRemoved + kRemovedPerMessage * messages, unix_ms, done.rooms);
  done.trimmed = done.evicted;
  if (ticks) {
    Sweep::Done swept = sweep_.step(unix_ms, space_.needs_room());
    done.trimmed += swept.messages;
    for (Trimmed& one : swept.trimmed) done.rooms.push_back(std::move(one));
    if (swept.rooms > 0) rooms_.rows_changed();
  }
  database_.run("COMMIT");
}

uint64_t Upkeep::file_bytes() const {
  return (space_.pages() + static_cast<uint64_t>(log_.pages())) * static_cast<uint64_t>(kPageBytes);
}

// Returns a line for the log, or nothing.
std::string Upkeep::checkpoint() {
  int pages = log_.pages();
  // SQLite begins at the front of the log again when all of it was checkpointed.
  if (pages < kCheckpointPages) {
    told_long_ = false;
    next_checkpoint_ = kCheckpointPages;
    next_own_ = kWaitPages;
  } else if (pages >= next_own_) {
    // If a reader of the old pages, for example a backup, keeps the log from beginning again, this does not help.
    sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    next_own_ = pages + kWaitPages;
    next_checkpoint_ = pages + kCheckpointPages;
  } else if (pages >= next_checkpoint_) {
    checkpointer_.start_one();
    next_checkpoint_ = pages + kCheckpointPages;
  }
  if (pages < kLongPages || std::exchange(told_long_, true)) return {};
  return "its write-ahead log grows, because another program keeps reading the file: it has " +
         std::to_string(log_.bytes() >> 20) + " MiB";
}

}  // namespace lws_chat
