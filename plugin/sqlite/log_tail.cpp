#include "sqlite/log_tail.h"

#include <array>
#include <cstring>
#include <optional>
#include <string_view>

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

struct Note {
  uint64_t salt = 0;
  uint32_t pages = 0;
  uint32_t sum = 0;  // of the others
};

uint32_t sum_of(const Note& note) {
  std::array<char, sizeof note.salt + sizeof note.pages> bytes{};
  std::memcpy(bytes.data(), &note.salt, sizeof note.salt);
  std::memcpy(bytes.data() + sizeof note.salt, &note.pages, sizeof note.pages);
  return checksum({bytes.data(), bytes.size()});
}

void write(FileLock& lock, uint64_t salt, uint32_t pages) {
  Note note{salt, pages, 0};
  note.sum = sum_of(note);
  std::array<char, sizeof note> bytes{};
  std::memcpy(bytes.data(), &note, sizeof note);
  lock.note({bytes.data(), bytes.size()});
}

Note read(const FileLock& lock) {
  std::string bytes = lock.noted(sizeof(Note));
  Note note;
  if (bytes.size() == sizeof note) std::memcpy(&note, bytes.data(), sizeof note);
  return note.sum == sum_of(note) ? note : Note{};
}

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

}  // namespace

LogTail::State LogTail::compare(Database& database, const FileLock& lock) {
  Note note = read(lock);
  if (note.pages == 0) return State::kWhole;
  uint64_t salt = salt_in(header_of(database));
  if (salt == 0) return State::kGone;
  if (salt == note.salt)
    return committed_pages(database).value_or(note.pages) < note.pages ? State::kTorn : State::kWhole;
  // The process ended between the commit and the note.
  return times_begun(salt) == times_begun(note.salt) + 1 ? State::kWhole : State::kGone;
}

LogTail::LogTail(Database& database, FileLock& lock) : database_(database), lock_(lock) {
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
  if (header_.empty())
    forget(lock_);
  else
    write(lock_, salt_in(header_), static_cast<uint32_t>(pages));
}

void LogTail::failed(bool committing) {
  // The log has begun at its front again, which it does when all of it is in the database.
  if (header_of(database_) != header_) forget(lock_);
  sqlite3_file* log = file_of(database_, SQLITE_FCNTL_JOURNAL_POINTER);
  std::optional<uint32_t> pages = committed_pages(database_);
  if (!committing || !log || !pages) return;
  int64_t end = kHeaderBytes + int64_t{*pages} * (kFrameBytes + kPageBytes);
  sqlite3_int64 size = 0;
  if (log->pMethods->xFileSize(log, &size) == SQLITE_OK && size > end) log->pMethods->xTruncate(log, end);
}

void LogTail::forget(FileLock& lock) { write(lock, 0, 0); }

}  // namespace lws_chat
