#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// A thin cover of SQLite's C interface.
//
// Failures stick: after one, every further step does nothing and says that there is no row, until
// Database::clear_failure(). So code reads straight on, and whoever began a transaction asks once, at its end, whether
// all of it was done.
namespace lws_chat {

class Database {
 public:
  enum class Access : uint8_t { kRead, kWrite };

  // Opens a file, which must exist. Returns nullptr, and SQLite's words in `problem`, if it cannot.
  // `vfs`: the name of SQLite's view of the operating system, empty: the default one.
  static std::unique_ptr<Database> open(const std::string& path, Access access, const std::string& vfs,
                                        std::string& problem);

  // Opens a file for reading that nobody changes meanwhile.
  static std::unique_ptr<Database> open_unchanging(const std::string& path, std::string& problem);

  // Makes the last connection that is closed bring the log into the database. Otherwise closing changes nothing.
  void checkpoint_on_close();

  // Reads what it can of a file that is shorter than it should be.
  void tolerate_damage();

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs SQL that needs no values; its rows are dropped.
  bool run(const char* sql);

  // Runs a query for one number.
  int64_t number(const char* sql, int64_t otherwise = 0);

  // Runs a query for one text.
  std::string text(const char* sql);

  // SQLite's code of the first failure; SQLITE_OK: there was none.
  int failure() const { return failure_; }
  bool failed() const { return failure_ != SQLITE_OK; }
  const std::string& failure_text() const { return failure_text_; }

  // Makes the connection usable again. Ends the transaction that failed.
  void clear_failure();

  // Notes a failure that SQLite does not see, for example a row that makes no sense.
  void fail(int code, const char* text);

  sqlite3* handle() const { return handle_; }

 private:
  friend class Statement;

  explicit Database(sqlite3* handle) : handle_(handle) {}
  static std::unique_ptr<Database> open(const std::string& name, int flags, const char* vfs, std::string& problem);
  bool check(int code);

  sqlite3* handle_;
  int failure_ = SQLITE_OK;
  std::string failure_text_;
};

struct Blob {
  std::string_view bytes;
};

// A prepared statement.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // One execution. It ends, and frees the statement, with the object.
  class Rows {
   public:
    explicit Rows(Statement& statement) : statement_(statement) {}
    ~Rows() { sqlite3_reset(statement_.statement_); }
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    // Goes to the next row. Returns false if there is none, or after a failure.
    bool next();

    int64_t number(int column) const { return sqlite3_column_int64(statement_.statement_, column); }
    bool is_null(int column) const { return sqlite3_column_type(statement_.statement_, column) == SQLITE_NULL; }

    // Valid until the next row.
    std::string_view bytes(int column) const;

   private:
    Statement& statement_;
  };

  // Begins an execution with these values. Texts and blobs have to stay as long as it lasts.
  template <typename... Values>
  Rows with(const Values&... values) {
    int place = 0;
    (bind(++place, values), ...);
    return Rows(*this);
  }

  // Executes a statement that gives no rows.
  template <typename... Values>
  bool execute(const Values&... values) {
    Rows rows = with(values...);
    rows.next();
    return !database_.failed();
  }

  // Rows that the last execution changed.
  int64_t changes() const { return sqlite3_changes(database_.handle()); }

 private:
  void bind(int place, int64_t value) { database_.check(sqlite3_bind_int64(statement_, place, value)); }
  void bind(int place, std::string_view text);
  void bind(int place, Blob blob);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

}  // namespace lws_chat
