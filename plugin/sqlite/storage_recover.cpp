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

#include "sqlite/file_head.h"
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

// Puts the new file in the place of the old one, which stays as `aside`. A server that starts in between finds the old
// one, or that one without its log. Returns the problem, or nothing.
std::string exchange_files(const std::string& file, const std::string& aside, const std::string& fresh) {
  std::string log = file + "-wal";
  if (link(file.c_str(), aside.c_str()) != 0) return "cannot be put aside as " + aside + ": " + std::strerror(errno);
  if (exists(log) && std::rename(log.c_str(), (aside + "-wal").c_str()) != 0)
    return "its log cannot be put aside as " + aside + "-wal: " + std::strerror(errno);
  std::remove((file + "-shm").c_str());
  if (std::rename(fresh.c_str(), file.c_str()) != 0)
    return "was put aside as " + aside + ", but " + fresh + " cannot be renamed: " + std::strerror(errno);
  return {};
}

void remove_all(const std::string& fresh) {
  for (const char* part : {"", "-wal", "-shm"}) std::remove((fresh + part).c_str());
}

// The server's user may be another one than this.
void give_to_owner_of(const std::string& old, const std::string& fresh) {
  struct stat info {};
  if (stat(old.c_str(), &info) != 0) return;
  if (chmod(fresh.c_str(), info.st_mode & 07777) != 0 || chown(fresh.c_str(), info.st_uid, info.st_gid) != 0) return;
}

std::string counted(uint64_t count, const char* one, const char* more) {
  return std::to_string(count) + " " + (count == 1 ? one : more);
}

std::string words(const Salvage& salvage) {
  std::string text = "saved " + counted(salvage.rooms(), "room", "rooms") + ", " +
                     counted(salvage.messages(), "message", "messages") + ", " +
                     counted(salvage.records(), "record", "records");
  if (salvage.torn() > 0)
    text +=
        "; " + counted(salvage.torn(), "room begins", "rooms begin") + " a new epoch, because messages may be missing";
  return text;
}

struct Saved {
  std::string words{};
  bool mended = false;
};

// Makes a new file of what can be read of the old one. Returns the problem with the new one, or nothing.
std::string save(const StoreFile& file, const std::string& fresh, Saved& saved) {
  std::string problem = make_store_file(fresh);
  if (!problem.empty()) return problem;
  give_to_owner_of(file.path, fresh);
  give_to_owner_of(file.path, lock_path(file.path));
  std::unique_ptr<Database> to;
  problem = open_to_write(fresh, {}, to);
  if (!problem.empty()) return problem;
  saved.mended = mend_head(file.path);
  std::string unreadable;
  std::unique_ptr<Database> from = Database::open(file.path, Database::Access::kRead, {}, unreadable);
  if (from) from->tolerate_damage();
  Salvage salvage(from.get(), read_note(*file.lock), *to);
  salvage.run();
  to->number("PRAGMA wal_checkpoint(TRUNCATE)");
  if (to->failed()) return words_for(*to);
  // Without its log, which is empty.
  to.reset();
  for (const char* part : {"-wal", "-shm"}) std::remove((fresh + part).c_str());
  saved.words = words(salvage);
  return {};
}

}  // namespace

std::string storage_recover(const std::string& path, std::string& report) {
  std::string said = "storage " + path + ": ";
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return said + "cannot be recovered: " + std::strerror(errno);
  StoreFile file;
  std::string problem = lock_store_file(path, file);
  if (!problem.empty()) return said + problem;
  problem = foreign_file(file.path);
  if (!problem.empty()) return said + problem;
  std::string aside = file.path + ".broken-" + timestamp();
  if (exists(aside)) return said + aside + " is already there; try again in a second";
  // The new file is made under another name, and nothing changes until it is complete.
  std::string fresh = file.path + ".new";
  remove_all(fresh);
  Saved saved;
  problem = save(file, fresh, saved);
  if (!problem.empty()) {
    remove_all(fresh);
    return said + "cannot be recovered, and is as it was: " + fresh + " " + problem;
  }
  problem = exchange_files(file.path, aside, fresh);
  if (!problem.empty()) return said + problem;
  write_note(*file.lock, {0, RunNote::State::kEnded});
  report = said + "put aside as " + aside + "; " + saved.words +
           (saved.mended ? "; the first bytes of the old file were wrong, and are mended" : "");
  return {};
}

}  // namespace lws_chat
