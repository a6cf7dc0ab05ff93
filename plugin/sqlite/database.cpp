#include "sqlite/database.h"

#include <cctype>

namespace lws_chat {
namespace {

constexpr int kBusyMilliseconds = 5000;  // somebody else's program, for example a backup, holds a lock

int size_of(std::string_view bytes) { return static_cast<int>(bytes.size()); }

}  // namespace

std::unique_ptr<Database> Database::open(const std::string& path, Access access, const std::string& vfs,
                                         std::string& problem) {
  int flags = access == Access::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  return open(path, flags, vfs.empty() ? nullptr : vfs.c_str(), problem);
}

std::unique_ptr<Database> Database::open_unchanging(const std::string& path, std::string& problem) {
  std::string name = "file:";
  for (char letter : path) {
    static const char kDigits[] = "0123456789abcdef";
    auto byte = static_cast<uint8_t>(letter);
    bool plain = std::isalnum(byte) || letter == '/' || letter == '.' || letter == '-' || letter == '_';
    name += plain ? std::string(1, letter) : std::string{'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return open(name + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr, problem);
}

std::unique_ptr<Database> Database::open(const std::string& name, int flags, const char* vfs, std::string& problem) {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, vfs);
  std::unique_ptr<Database> opened(new Database(handle));
  if (code != SQLITE_OK) {
    problem = handle ? sqlite3_errmsg(handle) : "out of memory";
    return nullptr;
  }
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  // The file may be damaged or made by an attacker: its schema runs nothing.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  // A look at a damaged file must not change it.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return opened;
}

void Database::checkpoint_on_close() { sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr); }

// SQLite has no better name for this.
void Database::tolerate_damage() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
}

Database::~Database() { sqlite3_close_v2(handle_); }

bool Database::run(const char* sql) {
  return !failed() && check(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

int64_t Database::number(const char* sql, int64_t otherwise) {
  Statement statement(*this, sql);
  Statement::Rows rows = statement.with();
  return rows.next() ? rows.number(0) : otherwise;
}

std::string Database::text(const char* sql) {
  Statement statement(*this, sql);
  Statement::Rows rows = statement.with();
  return rows.next() ? std::string(rows.bytes(0)) : std::string();
}

void Database::clear_failure() {
  failure_ = SQLITE_OK;
  failure_text_.clear();
  // Some failures have ended the transaction, others have not.
  if (!sqlite3_get_autocommit(handle_)) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::fail(int code, const char* text) {
  if (failed()) return;
  failure_ = code;
  failure_text_ = text;
}

bool Database::check(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return true;
  if (!failed()) {
    failure_ = code;
    failure_text_ = sqlite3_errmsg(handle_);
    // The text may be that of another call, for example if a value was too long to be bound.
    if (sqlite3_extended_errcode(handle_) != code) failure_text_ = sqlite3_errstr(code);
  }
  return false;
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  if (!database.failed())
    database.check(sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

bool Statement::Rows::next() {
  Database& database = statement_.database_;
  if (database.failed()) return false;
  int code = sqlite3_step(statement_.statement_);
  return database.check(code) && code == SQLITE_ROW;
}

std::string_view Statement::Rows::bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.statement_, column);
  int size = sqlite3_column_bytes(statement_.statement_, column);
  return bytes ? std::string_view(static_cast<const char*>(bytes), static_cast<size_t>(size)) : std::string_view();
}

void Statement::bind(int place, std::string_view text) {
  const char* bytes = text.empty() ? "" : text.data();  // NULL would be another value
  database_.check(sqlite3_bind_text(statement_, place, bytes, size_of(text), SQLITE_STATIC));
}

void Statement::bind(int place, Blob blob) {
  const char* bytes = blob.bytes.empty() ? "" : blob.bytes.data();
  database_.check(sqlite3_bind_blob(statement_, place, bytes, size_of(blob.bytes), SQLITE_STATIC));
}

}  // namespace lws_chat
