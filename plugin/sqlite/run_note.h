#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sqlite/file_lock.h"

// A run leaves a note in the lock's file, where it survives the process: which run it is, and how far the write-ahead
// log is committed. A database that is put in place of another one does not match the note.
namespace lws_chat {

struct RunNote {
  enum class State : uint32_t {
    kBegins,  // the database does not have the run's number yet
    kRuns,
    kEnded  // as it should
  };

  int64_t run = 0;
  State state = State::kBegins;
  uint32_t pages = 0;  // committed in the log; 0: not known
  uint64_t salt = 0;   // of the log
  int64_t row = 0;     // id of the last message that was written; 0: none
  uint32_t sum = 0;    // of its bytes
};

// Returns nothing if there is no note, or if it is damaged. The second one does not need the lock.
std::optional<RunNote> read_note(const FileLock& lock);
std::optional<RunNote> read_note(const std::string& lock_path);

void write_note(FileLock& lock, const RunNote& note, bool synced = false);

}  // namespace lws_chat
