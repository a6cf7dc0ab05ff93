#include "sqlite/run.h"

#include "sqlite/first_line.h"

namespace lws_chat {

std::string boot_id() { return first_line("/proc/sys/kernel/random/boot_id"); }

bool begin_run(Database& database, const std::string& boot, bool full_sync, Run& run) {
  bool same_boot = false;
  bool clean = false;
  bool all_synced = false;
  {
    Statement read(database, "SELECT number, boot, clean, full_sync FROM run");
    Statement::Rows rows = read.with();
    if (!rows.next()) {
      database.fail(SQLITE_CORRUPT, "the table run is empty");
      return false;
    }
    run.number = rows.number(0);
    same_boot = !boot.empty() && rows.bytes(1) == boot;
    clean = rows.number(2) != 0;
    all_synced = rows.number(3) != 0;
  }
  // The process was killed, but the kernel has its writes. A power loss in this run must not touch those of older ones.
  if (!clean && same_boot) database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  database.run("PRAGMA synchronous = FULL");
  database.run("BEGIN IMMEDIATE");
  if (!clean && !same_boot && !all_synced)
    Statement(database, "INSERT OR IGNORE INTO lost_runs VALUES(?)").execute(run.number);
  ++run.number;
  Statement(database, "UPDATE run SET number = ?, boot = ?, clean = 0, full_sync = ?")
      .execute(run.number, std::string_view(boot), int64_t{full_sync});
  database.run("COMMIT");

  Statement read(database, "SELECT number FROM lost_runs");
  Statement::Rows rows = read.with();
  while (rows.next()) run.lost.push_back(rows.number(0));
  return !database.failed();
}

bool end_run(Database& database) {
  database.run("PRAGMA synchronous = FULL");
  database.run("UPDATE run SET clean = 1");
  database.number("PRAGMA wal_checkpoint(TRUNCATE)");
  return !database.failed();
}

}  // namespace lws_chat
