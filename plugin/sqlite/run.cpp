#include "sqlite/run.h"

#include "sqlite/first_line.h"
#include "sqlite/log_tail.h"

namespace lws_chat {

std::string boot_id() { return first_line("/proc/sys/kernel/random/boot_id"); }

namespace {

struct LastRun {
  int64_t number = 0;
  std::string boot{};
  bool clean = false;
  bool full_sync = false;
};

LastRun read_last(Database& database) {
  Statement read(database, "SELECT number, boot, clean, full_sync FROM run");
  Statement::Rows rows = read.with();
  if (!rows.next()) {
    database.fail(SQLITE_CORRUPT, "the table run is empty");
    return {};
  }
  return {rows.number(0), std::string(rows.bytes(1)), rows.number(2) != 0, rows.number(3) != 0};
}

constexpr const char* kNewEpochs = "; the rooms that were written then begin a new epoch";

// Returns true if the last messages of that run may be gone.
bool lost_messages(Database& database, const FileLock& lock, const LastRun& last, bool same_boot, std::string& notice) {
  if (last.clean) return false;
  if (!same_boot) {
    if (last.full_sync) return false;
    notice = std::string("the machine has stopped without warning, and storage-sync was not full") + kNewEpochs;
    return true;
  }
  switch (LogTail::compare(database, lock)) {
    case LogTail::State::kWhole: return false;
    case LogTail::State::kGone:
      notice = std::string("the write-ahead log of the last server is gone") + kNewEpochs;
      return true;
    case LogTail::State::kTorn: database.fail(SQLITE_CORRUPT, "the end of its write-ahead log is missing"); return true;
  }
  return false;
}

}  // namespace

bool begin_run(Database& database, FileLock& lock, const std::string& boot, bool full_sync, Run& run) {
  LastRun last = read_last(database);
  if (database.failed()) return false;
  bool same_boot = !boot.empty() && last.boot == boot;
  bool lost = lost_messages(database, lock, last, same_boot, run.notice);
  if (database.failed()) return false;
  LogTail::forget(lock);
  // The process was killed, but the kernel has its writes. A power loss in this run must not touch those of older ones.
  if (!last.clean) database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  database.run("PRAGMA synchronous = FULL");
  database.run("BEGIN IMMEDIATE");
  if (lost) Statement(database, "INSERT OR IGNORE INTO lost_runs VALUES(?)").execute(last.number);
  run.number = last.number + 1;
  Statement(database, "UPDATE run SET number = ?, boot = ?, clean = 0, full_sync = ?")
      .execute(run.number, std::string_view(boot), int64_t{full_sync});
  database.run("COMMIT");

  Statement read(database, "SELECT number FROM lost_runs");
  Statement::Rows rows = read.with();
  while (rows.next()) run.lost.push_back(rows.number(0));
  return !database.failed();
}

bool end_run(Database& database, FileLock& lock) {
  database.run("PRAGMA synchronous = FULL");
  if (!database.run("UPDATE run SET clean = 1")) return false;
  LogTail::forget(lock);
  database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  return !database.failed();
}

}  // namespace lws_chat
