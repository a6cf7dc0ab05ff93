#include "sqlite/schema.h"

namespace lws_chat {
namespace {

// Room ids are below 2^27, see message_row.h.
constexpr const char* kTables = R"(
CREATE TABLE rooms(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  epoch TEXT NOT NULL,
  last INTEGER NOT NULL,
  run INTEGER NOT NULL,
  touched INTEGER NOT NULL,
  keep_ms INTEGER NOT NULL
);
CREATE TABLE messages(
  id INTEGER PRIMARY KEY,
  bytes BLOB NOT NULL
);
CREATE TABLE records(
  kind INTEGER NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY(kind, key)
) WITHOUT ROWID;
CREATE TABLE run(
  number INTEGER NOT NULL,
  boot TEXT NOT NULL,
  clean INTEGER NOT NULL,
  full_sync INTEGER NOT NULL
);
CREATE TABLE lost_runs(number INTEGER PRIMARY KEY);
INSERT INTO run VALUES(0, '', 1, 1);
)";

}  // namespace

std::string newer_version(int64_t version) {
  return "is of a newer version of lws-chat (schema " + std::to_string(version) + ", this one knows " +
         std::to_string(kSchemaVersion) + "); use that version, or another file";
}

const char* const kRemedy = "lws-chatd --storage-recover puts it aside and saves what can be read";

bool make_schema(Database& database) {
  // These work only before the first page is written.
  database.run("PRAGMA page_size = 4096");
  database.run("PRAGMA auto_vacuum = INCREMENTAL");
  database.run("BEGIN IMMEDIATE");
  database.run(kTables);
  database.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
  database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
  return database.run("COMMIT");
}

bool migrate_schema(Database& database) {
  int64_t version = database.number("PRAGMA user_version");
  // Version 1 is the first one. A step for each later one belongs here, in one transaction with its number.
  return !database.failed() && version == kSchemaVersion;
}

std::string check_schema(Database& database, bool& empty) {
  int64_t objects = database.number("SELECT count(*) FROM sqlite_schema");
  int64_t application = database.number("PRAGMA application_id");
  int64_t version = database.number("PRAGMA user_version");
  empty = !database.failed() && objects == 0 && application == 0 && version == 0;
  if (empty) return {};
  if (!database.failed() && application != kApplicationId) return "is a database of another program; name another file";
  if (!database.failed() && version > kSchemaVersion) return newer_version(version);
  if (!database.failed() && version < 1) return std::string("is damaged; ") + kRemedy;
  for (const char* probe :
       {"SELECT id, name, epoch, last, run, touched, keep_ms FROM rooms LIMIT 1",
        "SELECT id, bytes FROM messages LIMIT 1", "SELECT kind, key, value, until FROM records LIMIT 1",
        "SELECT number, boot, clean, full_sync FROM run LIMIT 1", "SELECT number FROM lost_runs LIMIT 1"})
    database.number(probe);
  if (!database.failed()) return {};
  switch (database.failure() & 0xff) {
    case SQLITE_NOTADB: return std::string("is not a database, or is damaged; name another file, or ") + kRemedy;
    case SQLITE_CORRUPT:
    case SQLITE_ERROR: return "is damaged (" + database.failure_text() + "); " + kRemedy;
    default: return "cannot be read: " + database.failure_text();
  }
}

}  // namespace lws_chat
