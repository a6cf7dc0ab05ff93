#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/file_lock.h"
#include "sqlite/run_note.h"

// A run is the time from opening a store to its end. The file knows which run wrote a room last, so that after a power
// loss the rooms are found whose last messages may be gone.
namespace lws_chat {

struct Run {
  int64_t number = 0;
  std::string notice{};         // what the log should say about the end of the last one; empty: nothing
  std::vector<int64_t> lost{};  // runs that a power loss has ended; rooms that they wrote may lack their last messages
};

// The kernel's name for the time since the machine was started; empty if it is not known.
std::string boot_id();

// Finds out whether the last run has left the file whole. Changes nothing. If not, the database has failed.
void check_last_run(Database& database, const std::optional<RunNote>& note);

// Returns true if any room of the file may lack its last messages, or if that cannot be found out.
bool any_room_may_lack(Database& database, const std::optional<RunNote>& note);

// Begins a run. Finds out how the last one ended. Returns false if it cannot, and the database knows why.
bool begin_run(Database& database, FileLock& lock, const std::string& boot, bool full_sync, Run& run);

// The run ends as it should: everything is on the disk.
bool end_run(Database& database, FileLock& lock, int64_t number);

}  // namespace lws_chat
