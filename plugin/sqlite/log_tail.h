#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sqlite/database.h"
#include "sqlite/file_lock.h"
#include "sqlite/run_note.h"

namespace lws_chat {

// Knows how far the write-ahead log is committed, and notes it, see RunNote. So a log that has become shorter while
// nobody had it is found, and so is one that has more than was answered.
class LogTail {
 public:
  // How the log is, compared with the last note of the process before.
  enum class State : uint8_t {
    kWhole,
    kGone,  // it is not there, and not in the database either: it was removed
    kTorn   // its end is missing
  };

  // Looks at the log of a file that has just been opened. Precondition: the database was read, which makes SQLite look
  // at its log.
  static State compare(Database& database, const RunNote& note);

  // Follows the commits of this connection.
  LogTail(Database& database, FileLock& lock, int64_t run);
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  // Pages in the log, and the bytes that it has with them.
  int pages() const { return pages_; }
  uint64_t bytes() const;

  // A transaction with this message is about to be committed.
  void will_commit(int64_t row, std::string_view bytes);

  // A transaction has failed. If that was in its commit, all of it may be in the log, and the next process would take
  // it for a good one: cuts it off.
  void failed(bool committing);

 private:
  void committed(int pages);
  void note(int pages);

  Database& database_;
  FileLock& lock_;
  const int64_t run_;
  int64_t row_ = 0;
  uint32_t sum_ = 0;
  int pages_ = 0;
  std::string header_;  // of the log; it changes when the log begins at its front again
};

}  // namespace lws_chat
