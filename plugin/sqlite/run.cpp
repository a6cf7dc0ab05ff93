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

enum class Loss : uint8_t { kNothing, kLastRun, kAnyRoom };

// Tells whose last messages may be gone.
Loss find_loss(Database& database, const FileLock& lock, const LastRun& last, bool same_boot, std::string& notice) {
  if (last.clean) return Loss::kNothing;
  if (!same_boot) {
    if (last.full_sync) return Loss::kNothing;
    notice = std::string(
        "the machine has stopped without warning, and storage-sync was not full; the "
        "rooms that were written then begin a new epoch");
    return Loss::kLastRun;
  }
  switch (LogTail::compare(database, lock)) {
    case LogTail::State::kWhole: return Loss::kNothing;
    case LogTail::State::kGone:
      // The marks of rooms were in it, too.
      notice = "the write-ahead log of the last server is gone; all rooms begin a new epoch";
      return Loss::kAnyRoom;
    case LogTail::State::kTorn: database.fail(SQLITE_CORRUPT, "the end of its write-ahead log is missing"); break;
  }
  return Loss::kNothing;
}

}  // namespace

bool begin_run(Database& database, FileLock& lock, const std::string& boot, bool full_sync, Run& run) {
  LastRun last = read_last(database);
  if (database.failed()) return false;
  bool same_boot = !boot.empty() && last.boot == boot;
  Loss loss = find_loss(database, lock, last, same_boot, run.notice);
  if (database.failed()) return false;
  LogTail::forget(lock);
  // The process was killed, but the kernel has its writes. A power loss in this run must not touch those of older ones.
  if (!last.clean) database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  database.run("PRAGMA synchronous = FULL");
  database.run("BEGIN IMMEDIATE");
  if (loss == Loss::kAnyRoom) Statement(database, "UPDATE rooms SET run = ?").execute(last.number);
  if (loss != Loss::kNothing) Statement(database, "INSERT OR IGNORE INTO lost_runs VALUES(?)").execute(last.number);
  run.number = last.number + 1;
  Statement(database, "UPDATE run SET number = ?, boot = ?, clean = 0, full_sync = ?")
      .execute(run.number, std::string_view(boot), int64_t{full_sync});
  database.run("COMMIT");
  // A file without its log must not look as if the run had ended well.
  if (!database.failed()) database.number("PRAGMA wal_checkpoint(TRUNCATE)");

  Statement read(database, "SELECT number FROM lost_runs");
  Statement::Rows rows = read.with();
  while (rows.next()) run.lost.push_back(rows.number(0));
  return !database.failed();
}

bool end_run(Database& database, FileLock& lock, int64_t number) {
  database.run("PRAGMA synchronous = FULL");
  database.run("BEGIN IMMEDIATE");
  // So damage that hides a room's last messages is found.
  Statement(database,
            "UPDATE rooms SET last = max(last, coalesce((SELECT max(messages.id) FROM messages "
            "WHERE messages.id BETWEEN rooms.id << 36 AND (rooms.id << 36) + 68719476735) - (rooms.id << 36), 0)) "
            "WHERE run = ?")
      .execute(number);
  database.run("UPDATE run SET clean = 1");
  if (!database.run("COMMIT")) return false;
  LogTail::forget(lock);
  database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  return !database.failed();
}

}  // namespace lws_chat
