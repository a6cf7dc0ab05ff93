#include <sys/stat.h>

#include <algorithm>

#include "sqlite/database.h"
#include "sqlite/message_row.h"
#include "sqlite/schema.h"
#include "sqlite/storage.h"
#include "sqlite/store_file.h"

namespace lws_chat {
namespace {

uint64_t size_of(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

// Reads every message once.
void count_messages(Database& database, StorageInfo& info) {
  Statement all(database, "SELECT id, bytes FROM messages ORDER BY id");
  Statement::Rows rows = all.with();
  int64_t before = 0;
  while (rows.next()) {
    int64_t id = rows.number(0);
    MessageRow row;
    ++info.messages;
    if (!unpack_row(id, rows.bytes(1), row)) {
      info.damage = "message " + std::to_string(offset_of(id)) + " of room number " + std::to_string(room_of(id));
      return;
    }
    if (room_of(before) == room_of(id) && id != before + 1) {
      info.damage = "messages before " + std::to_string(offset_of(id)) + " of room number " +
                    std::to_string(room_of(id)) + " are missing";
      return;
    }
    if (info.oldest_unix_ms == 0 || row.at < info.oldest_unix_ms) info.oldest_unix_ms = row.at;
    before = id;
  }
}

}  // namespace

std::string storage_info(const std::string& path, StorageInfo& info) {
  std::string problem;
  std::unique_ptr<Database> database = open_to_look(path, info.path, problem);
  if (!database) return "storage " + path + ": " + problem;
  info.holder = FileLock::holder(lock_path(info.path));
  info.file_bytes = size_of(info.path);
  info.log_bytes = size_of(info.path + "-wal");
  database->run("BEGIN");
  info.schema = database->number("PRAGMA user_version");
  info.rooms = static_cast<uint64_t>(database->number("SELECT count(*) FROM rooms"));
  info.records = static_cast<uint64_t>(database->number("SELECT count(*) FROM records"));
  count_messages(*database, info);
  std::string check = database->text("PRAGMA quick_check(1)");
  if (info.damage.empty() && check != "ok") info.damage = check;
  if (info.damage.empty()) info.damage = database->failure_text();
  if (info.damage.empty() && info.holder.empty()) {
    database->clear_failure();
    check_last_run(*database, read_note(lock_path(info.path)));
    info.damage = database->failure_text();
  }
  std::replace(info.damage.begin(), info.damage.end(), '\n', ' ');
  return {};
}

std::string storage_check(const std::string& path) {
  std::string problem = check_store_file(path);
  return problem.empty() ? problem : "storage " + path + ": " + problem;
}

}  // namespace lws_chat
