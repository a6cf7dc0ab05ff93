#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "sqlite/message_row.h"
#include "sqlite/salvage.h"
#include "sqlite/schema.h"
#include "sqlite/storage.h"
#include "sqlite/store_file.h"

namespace lws_chat {
namespace {

std::string timestamp() {
  std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &parts)};
}

bool exists(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0;
}

// Puts the file and what belongs to it aside. Returns the problem, or nothing.
std::string put_aside(const std::string& file, const std::string& aside) {
  // The database goes last: as long as it is there, the next try finds everything.
  for (const char* part : {"-shm", "-wal", ""}) {
    std::string from = file + part;
    if (!exists(from)) continue;
    if (std::rename(from.c_str(), (aside + part).c_str()) != 0)
      return "cannot be put aside as " + aside + part + ": " + std::strerror(errno);
  }
  return {};
}

// The server's user may be another one than this.
void give_to_owner_of(const std::string& old, const std::string& fresh) {
  struct stat info {};
  if (stat(old.c_str(), &info) != 0) return;
  if (chmod(fresh.c_str(), info.st_mode & 07777) != 0 || chown(fresh.c_str(), info.st_uid, info.st_gid) != 0) return;
}

constexpr size_t kHeadBytes = 60;

// What every file of ours begins with, see https://www.sqlite.org/fileformat.html section 1.3: bytes 0 to 23, 44 to 47
// and 56 to 59.
bool mend_head(std::string& head) {
  std::string mended = head;
  mended.replace(0, 24, std::string("SQLite format 3\0\x10\0\2\2\0\x40\x20\x20", 24));
  mended.replace(44, 4, std::string("\0\0\0\4", 4));
  mended.replace(56, 4, std::string("\0\0\0\1", 4));
  bool changed = mended != head;
  head = mended;
  return changed;
}

std::string first_page(const std::string& path) {
  std::string page(kPageBytes, '\0');
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : pread(fd, page.data(), page.size(), 0);
  if (fd >= 0) close(fd);
  page.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return page;
}

uint32_t number_at(const std::string& page, size_t place) {
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(page[place + i]);
  return number;
}

// Says why this is no file to recover, or nothing. Bits of its head may be wrong.
std::string foreign(const std::string& path) {
  std::string page = first_page(path);
  bool ours = page.size() == kPageBytes &&
              (number_at(page, 68) == kApplicationId || page.find("CREATE TABLE lost_runs") != std::string::npos);
  // A file without its first page may be ours, but nothing can be read of it.
  if (!page.empty() && !ours) return "is not a file of lws-chat, or its beginning is lost; name another file";
  uint32_t version = ours ? number_at(page, 60) : 0;
  if (version > kSchemaVersion && version < 1000) return newer_version(version);
  return {};
}

// Without its head SQLite reads nothing of a file. Returns true if it was damaged.
bool mend(const std::string& path) {
  std::string head = first_page(path).substr(0, kHeadBytes);
  if (head.size() < kHeadBytes || !mend_head(head)) return false;
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  bool done = fd >= 0 && pwrite(fd, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size());
  if (fd >= 0) close(fd);
  return done;
}

std::string counted(uint64_t count, const char* one, const char* more) {
  return std::to_string(count) + " " + (count == 1 ? one : more);
}

std::string words(const Salvage& salvage, const std::string& aside) {
  std::string text = "put aside as " + aside + "; saved " + counted(salvage.rooms(), "room", "rooms") + ", " +
                     counted(salvage.messages(), "message", "messages") + ", " +
                     counted(salvage.records(), "record", "records");
  if (salvage.torn() > 0)
    text +=
        "; " + counted(salvage.torn(), "room begins", "rooms begin") + " a new epoch, because messages may be missing";
  return text;
}

}  // namespace

std::string storage_recover(const std::string& path, std::string& report) {
  std::string said = "storage " + path + ": ";
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return said + "cannot be recovered: " + std::strerror(errno);
  StoreFile file;
  std::string problem = lock_store_file(path, file);
  if (!problem.empty()) return said + problem;
  problem = foreign(file.path);
  if (!problem.empty()) return said + problem;
  std::string aside = file.path + ".broken-" + timestamp();
  if (exists(aside)) return said + aside + " is already there; try again in a second";
  // The new file is made under another name, so that a half one is never taken for a whole one.
  std::string fresh = file.path + ".new";
  for (const char* part : {"", "-wal", "-shm"}) std::remove((fresh + part).c_str());
  problem = make_store_file(fresh);
  if (!problem.empty()) return said + fresh + " " + problem;
  give_to_owner_of(file.path, fresh);
  give_to_owner_of(file.path, lock_path(file.path));
  problem = put_aside(file.path, aside);
  if (!problem.empty()) return said + problem;
  std::unique_ptr<Database> to;
  problem = open_to_write(fresh, {}, to);
  if (!problem.empty()) return said + fresh + " " + problem;

  std::string unreadable;
  bool mended = mend(aside);
  std::unique_ptr<Database> from = Database::open(aside, Database::Access::kRead, {}, unreadable);
  if (from) from->tolerate_damage();
  Salvage salvage(from.get(), read_note(*file.lock), *to);
  salvage.run();
  to->number("PRAGMA wal_checkpoint(TRUNCATE)");
  if (to->failed()) return said + "was put aside as " + aside + ", but " + fresh + ": " + to->failure_text();
  to.reset();
  if (std::rename(fresh.c_str(), file.path.c_str()) != 0)
    return said + "was put aside as " + aside + ", but " + fresh + " cannot be renamed: " + std::strerror(errno);
  write_note(*file.lock, {0, RunNote::State::kEnded});
  report =
      said + words(salvage, aside) + (mended ? "; the first bytes of the old file were wrong, and are mended" : "");
  return {};
}

}  // namespace lws_chat
