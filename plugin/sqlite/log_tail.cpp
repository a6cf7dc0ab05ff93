#include "sqlite/log_tail.h"

#include <cstring>
#include <optional>

#include "sqlite/checksum.h"
#include "sqlite/schema.h"

// The formats are SQLite's, see https://www.sqlite.org/walformat.html.
namespace lws_chat {
namespace {

constexpr int kHeaderBytes = 32;        // of the log
constexpr int64_t kFrameBytes = 24;     // in front of each page
constexpr size_t kSaltPlace = 16;       // in the log's header: two numbers of 4 bytes
constexpr size_t kPagesPlace = 16;      // in the index's header: how many pages are committed
constexpr int kIndexBytes = 32 * 1024;  // of the first part of the index

sqlite3_file* file_of(Database& database, int which) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.handle(), "main", which, static_cast<void*>(&file));
  return file && file->pMethods ? file : nullptr;
}

// Returns nothing if there is no log.
std::string header_of(Database& database) {
  sqlite3_file* log = file_of(database, SQLITE_FCNTL_JOURNAL_POINTER);
  std::string header(kHeaderBytes, '\0');
  if (!log || log->pMethods->xRead(log, header.data(), kHeaderBytes, 0) != SQLITE_OK) header.clear();
  return header;
}

// Returns 0 if there is no log.
uint64_t salt_in(const std::string& header) {
  uint64_t salt = 0;
  if (!header.empty()) std::memcpy(&salt, header.data() + kSaltPlace, sizeof salt);
  return salt;
}

// What the index says that is committed; nothing if it cannot be read.
std::optional<uint32_t> committed_pages(Database& database) {
  sqlite3_file* file = file_of(database, SQLITE_FCNTL_FILE_POINTER);
  void volatile* index = nullptr;
  if (!file || file->pMethods->iVersion < 2) return std::nullopt;
  if (file->pMethods->xShmMap(file, 0, kIndexBytes, 0, &index) != SQLITE_OK || !index) return std::nullopt;
  return *reinterpret_cast<uint32_t volatile*>(static_cast<char volatile*>(index) + kPagesPlace);
}

// The first number of the salt is one more each time that the log begins at its front again.
uint32_t times_begun(uint64_t salt) {
  auto byte = [&](size_t i) {
    uint8_t value = 0;
    std::memcpy(&value, reinterpret_cast<const char*>(&salt) + i, 1);
    return uint32_t{value};
  };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

// Another program that closes the file brings all of the log into the database, and removes it. Then the message that
// was written last is there.
bool has_last_row(Database& database, const RunNote& note) {
  Statement read(database, "SELECT bytes FROM messages WHERE id = ?");
  Statement::Rows rows = read.with(note.row);
  return note.row != 0 && rows.next() && checksum(rows.bytes(0)) == note.sum;
}

}  // namespace

LogTail::State LogTail::compare(Database& database, const RunNote& note) {
  if (note.pages == 0) return State::kWhole;
  uint64_t salt = salt_in(header_of(database));
  if (salt == 0) return has_last_row(database, note) ? State::kWhole : State::kGone;
  if (salt == note.salt)
    return committed_pages(database).value_or(note.pages) < note.pages ? State::kTorn : State::kWhole;
  // The process ended between the commit and the note.
  return times_begun(salt) == times_begun(note.salt) + 1 ? State::kWhole : State::kGone;
}

LogTail::LogTail(Database& database, FileLock& lock, int64_t run) : database_(database), lock_(lock), run_(run) {
  auto hook = [](void* tail, sqlite3*, const char*, int pages) {
    static_cast<LogTail*>(tail)->committed(pages);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database.handle(), hook, this);
}

LogTail::~LogTail() { sqlite3_wal_hook(database_.handle(), nullptr, nullptr); }

void LogTail::committed(int pages) {
  pages_ = pages;
  header_ = header_of(database_);
  note(header_.empty() ? 0 : pages);
}

void LogTail::will_commit(int64_t row, std::string_view bytes) {
  row_ = row;
  sum_ = checksum(bytes);
}

void LogTail::note(int pages) {
  uint64_t salt = pages ? salt_in(header_) : 0;
  write_note(lock_, {run_, RunNote::State::kRuns, static_cast<uint32_t>(pages), salt, row_, sum_});
}

uint64_t LogTail::bytes() const {
  return pages_ == 0 ? 0 : static_cast<uint64_t>(kHeaderBytes + int64_t{pages_} * (kFrameBytes + kPageBytes));
}

void LogTail::failed(bool committing) {
  sqlite3_file* log = file_of(database_, SQLITE_FCNTL_JOURNAL_POINTER);
  std::optional<uint32_t> pages = committed_pages(database_);
  // The log has begun at its front again, which it does when all of it is in the database. Its header may not be
  // written yet.
  if (header_of(database_) != header_ || (pages && static_cast<int>(*pages) < pages_)) note(0);
  pages_ = static_cast<int>(pages.value_or(0));
  if (!committing || !log || !pages) return;
  int64_t end = kHeaderBytes + int64_t{*pages} * (kFrameBytes + kPageBytes);
  sqlite3_int64 size = 0;
  if (log->pMethods->xFileSize(log, &size) == SQLITE_OK && size > end) log->pMethods->xTruncate(log, end);
}

}  // namespace lws_chat
