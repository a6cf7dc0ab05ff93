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

struct Past {
  Loss loss = Loss::kNothing;  // whose last messages may be gone
  std::string notice{};
  bool torn = false;  // the file is damaged
};

constexpr const char* kAllBegin = "; all rooms begin a new epoch";

// Returns true if the note may be of the last run of this file.
bool belongs(const LastRun& last, const std::optional<RunNote>& note) {
  bool begins = note && note->state == RunNote::State::kBegins && note->run == last.number + 1;
  if (last.clean) return !note || note->run <= last.number || begins;
  return note && (begins || (note->run == last.number && note->state != RunNote::State::kEnded));
}

Past look_back(Database& database, const LastRun& last, const std::optional<RunNote>& note, const std::string& boot) {
  if (!belongs(last, note))
    return {Loss::kAnyRoom,
            std::string("the file is an older copy, or is without the lock file of its last server") + kAllBegin};
  if (last.clean || note->state == RunNote::State::kBegins) return {};
  bool same_boot = !boot.empty() && last.boot == boot;
  LogTail::State log = LogTail::compare(database, *note);
  // The marks of rooms were in it, too.
  if (log == LogTail::State::kGone)
    return {Loss::kAnyRoom, std::string("the write-ahead log of the last server is gone") + kAllBegin};
  if (same_boot) return {Loss::kNothing, {}, log == LogTail::State::kTorn};
  if (last.full_sync) return {};
  return {Loss::kLastRun,
          "the machine has stopped without warning, and storage-sync was not full; the rooms that were written then "
          "begin a new epoch"};
}

constexpr const char* kTorn = "the end of its write-ahead log is missing";

}  // namespace

void check_last_run(Database& database, const std::optional<RunNote>& note) {
  LastRun last = read_last(database);
  if (!database.failed() && look_back(database, last, note, boot_id()).torn) database.fail(SQLITE_CORRUPT, kTorn);
}

bool any_room_may_lack(Database& database, const std::optional<RunNote>& note) {
  LastRun last = read_last(database);
  if (database.failed()) return true;
  Past past = look_back(database, last, note, boot_id());
  return past.torn || past.loss == Loss::kAnyRoom;
}

bool begin_run(Database& database, FileLock& lock, const std::string& boot, bool full_sync, Run& run) {
  LastRun last = read_last(database);
  if (database.failed()) return false;
  Past past = look_back(database, last, read_note(lock), boot);
  if (past.torn) database.fail(SQLITE_CORRUPT, kTorn);
  if (database.failed()) return false;
  run.notice = last.number == 0 ? "the file is new" : past.notice;
  // The process was killed, but the kernel has its writes. A power loss in this run must not touch those of older ones.
  if (!last.clean) database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  database.run("PRAGMA synchronous = FULL");
  database.run("BEGIN IMMEDIATE");
  if (past.loss == Loss::kAnyRoom) Statement(database, "UPDATE rooms SET run = ?").execute(last.number);
  if (past.loss != Loss::kNothing)
    Statement(database, "INSERT OR IGNORE INTO lost_runs VALUES(?)").execute(last.number);
  run.number = last.number + 1;
  Statement(database, "UPDATE run SET number = ?, boot = ?, clean = 0, full_sync = ?")
      .execute(run.number, std::string_view(boot), int64_t{full_sync});
  if (!database.failed()) write_note(lock, {run.number, RunNote::State::kBegins}, true);
  database.run("COMMIT");
  // A file without its log must not look as if the run had ended well.
  if (!database.failed()) database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!database.failed()) write_note(lock, {run.number, RunNote::State::kRuns}, true);

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
  write_note(lock, {number, RunNote::State::kEnded});
  database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  return !database.failed();
}

}  // namespace lws_chat
