#include "sqlite/store_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "sqlite/schema.h"
#include "sqlite/storage.h"
#include "sqlite/store.h"

namespace lws_chat {
namespace {

std::string folder_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Empty: nothing is there.
std::string real_path(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  std::string text = real ? real : "";
  std::free(real);  // NOLINT: realpath(3) asks for it
  return text;
}

std::string without_links(const std::string& path) {
  std::string real = real_path(path);
  if (!real.empty()) return real;
  std::string folder = real_path(folder_of(path));
  return folder.empty() ? path : folder + "/" + path.substr(path.rfind('/') + 1);
}

std::string folder_problem(const std::string& path) {
  std::string folder = folder_of(path);
  struct stat info {};
  if (stat(folder.c_str(), &info) != 0)
    return "the folder " + folder + " cannot be used: " + std::strerror(errno) + "; make it, or name another file";
  if (!S_ISDIR(info.st_mode)) return folder + " is not a folder; name another file";
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    return "the folder " + folder + " cannot be written: " + std::strerror(errno) +
           "; the server's user needs to write there";
  return {};
}

// SQLite would remove a log without its database.
std::string log_problem(const std::string& file, bool has_content) {
  std::string log = file + "-wal";
  struct stat info {};
  if (stat(log.c_str(), &info) == 0 && info.st_size > 0 && !has_content)
    return "is missing or empty, but its write-ahead log " + log +
           " is there; put the database back, or remove the log";
  for (const std::string& part : {log, file + "-shm"})
    if (stat(part.c_str(), &info) == 0 && access(part.c_str(), R_OK | W_OK) != 0)
      return "needs " + part + ", which cannot be written: " + std::strerror(errno) +
             "; the server's user needs to write it";
  return {};
}

// Says what is wrong with the file and its folder, before SQLite sees them. The file is not opened: closing it would
// drop the locks that another store in this process may have on it.
std::string place_problem(const std::string& path, bool& is_there) {
  struct stat info {};
  is_there = stat(path.c_str(), &info) == 0;
  if (!is_there && errno == ENOENT && lstat(path.c_str(), &info) == 0)
    return "is a symbolic link to nothing; make an empty file where it points to, or name another file";
  if (!is_there && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
    return std::string("cannot be used: ") + std::strerror(errno) + "; name another file";
  if (is_there && !S_ISREG(info.st_mode)) return "is not a file; name another one";
  std::string problem = folder_problem(is_there ? without_links(path) : path);
  if (!problem.empty()) return problem;
  if (is_there && access(path.c_str(), R_OK | W_OK) != 0)
    return std::string("cannot be written: ") + std::strerror(errno) + "; the server's user needs to write it";
  return log_problem(is_there ? without_links(path) : path, is_there && info.st_size > 0);
}

}  // namespace

std::string words_for(const Database& database) {
  switch (database.failure() & 0xff) {
    case SQLITE_NOTADB: return std::string("is not a database, or is damaged; name another file, or ") + kRemedy;
    case SQLITE_CORRUPT: return "is damaged (" + database.failure_text() + "); " + kRemedy;
    case SQLITE_FULL: return "cannot be written: " + database.failure_text() + "; make room";
    case SQLITE_BUSY: return "is locked by another program; end it";
    default: return "cannot be used: " + database.failure_text();
  }
}

namespace {

std::string lock_file(StoreFile& file) {
  std::string holder;
  std::string problem;
  file.lock = FileLock::take(lock_path(file.path), file.path, holder, problem);
  if (file.lock) return {};
  if (holder.empty()) return "its lock " + lock_path(file.path) + " cannot be taken: " + problem;
  std::string self = "process " + std::to_string(getpid()) + " ";
  if (holder.compare(0, self.size(), self) == 0)
    return "is that of another hub of this server, too; name another file, or set the same \"hub\" in both vhosts";
  return "is in use by " + holder + "; end that first, or name another file";
}

// Prepares a connection whose file is ours, and new or of our schema.
std::string prepare(Database& database, bool empty) {
  if (empty)
    make_schema(database);
  else if (!migrate_schema(database) && !database.failed())
    return "is of an unknown version; name another file";
  std::string mode = database.text("PRAGMA journal_mode = WAL");
  if (!database.failed() && mode != "wal") return "is on a file system that cannot share memory; name another file";
  // Checkpoints are made at times of our own, and the log gives back what a burst has needed.
  for (const char* pragma : {"PRAGMA wal_autocheckpoint = 0", "PRAGMA journal_size_limit = 16777216",
                             "PRAGMA cache_size = -4000", "PRAGMA secure_delete = FAST", "PRAGMA cell_size_check = ON"})
    database.number(pragma);
  return database.failed() ? words_for(database) : std::string();
}

}  // namespace

std::string storage_file(const std::string& path) { return without_links(path); }

std::string lock_path(const std::string& file) { return file + ".lock"; }

std::string make_store_file(const std::string& path) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return std::string("cannot be made: ") + std::strerror(errno) + "; name another file";
  close(fd);
  return {};
}

std::string lock_store_file(const std::string& path, StoreFile& file) {
  bool is_there = false;
  std::string problem = place_problem(path, is_there);
  if (problem.empty() && !is_there) problem = make_store_file(path);
  if (!problem.empty()) return problem;
  file.path = without_links(path);
  return lock_file(file);
}

std::string open_to_write(const std::string& file, const std::string& vfs, std::unique_ptr<Database>& database) {
  std::string problem;
  database = Database::open(file, Database::Access::kWrite, vfs, problem);
  if (!database) return "cannot be opened: " + problem;
  bool empty = false;
  problem = check_schema(*database, empty);
  return problem.empty() ? prepare(*database, empty) : problem;
}

std::string open_store_file(const StoreSettings& settings, StoreFile& file) {
  std::string problem = lock_store_file(settings.path, file);
  if (problem.empty()) problem = open_to_write(file.path, settings.vfs, file.writing);
  if (!problem.empty()) return problem;
  std::string boot = settings.boot.empty() ? boot_id() : settings.boot;
  if (!begin_run(*file.writing, *file.lock, boot, settings.full_sync, file.run)) return words_for(*file.writing);
  int64_t over = apply_rules(*file.writing, settings.rules);
  if (over > 0)
    file.run.notice += std::string(file.run.notice.empty() ? "" : "; ") +
                       "rooms that are not durable any more and leave the file: " + std::to_string(over);
  if (file.writing->failed()) return words_for(*file.writing);
  file.reading = Database::open(file.path, Database::Access::kRead, settings.vfs, problem);
  file.checkpoints = Database::open(file.path, Database::Access::kWrite, settings.vfs, problem);
  if (!file.reading || !file.checkpoints) return "cannot be opened: " + problem;
  file.reading->number("PRAGMA cell_size_check = ON");
  file.checkpoints->number("PRAGMA wal_autocheckpoint = 0");
  // In SQLite's words: the log is on the disk before the database is written, and that before the log is used again.
  file.checkpoints->run("PRAGMA synchronous = NORMAL");
  for (Database* one : {file.reading.get(), file.checkpoints.get()})
    if (one->failed()) return words_for(*one);
  for (Database* one : {file.writing.get(), file.checkpoints.get()}) one->checkpoint_on_close();
  return {};
}

std::unique_ptr<Database> open_to_look(const std::string& path, std::string& file, std::string& problem) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    problem = std::string("cannot be read: ") + std::strerror(errno);
    return nullptr;
  }
  if (!S_ISREG(info.st_mode)) {
    problem = "is not a file; name another one";
    return nullptr;
  }
  file = without_links(path);
  std::unique_ptr<Database> database = Database::open(file, Database::Access::kRead, {}, problem);
  bool empty = false;
  if (database) problem = check_schema(*database, empty);
  // Without a log nobody writes the file, and it can be read where this user may not make one.
  if (database && (database->failure() & 0xff) == SQLITE_CANTOPEN && stat((file + "-wal").c_str(), &info) != 0) {
    database = Database::open_unchanging(file, problem);
    if (database) problem = check_schema(*database, empty);
  }
  if (database && problem.empty() && empty) problem = "is empty";
  return problem.empty() ? std::move(database) : nullptr;
}

std::string check_store_file(const std::string& path) {
  bool is_there = false;
  std::string problem = place_problem(path, is_there);
  if (!problem.empty() || !is_there) return problem;
  std::string file = without_links(path);
  std::unique_ptr<Database> database = Database::open(file, Database::Access::kRead, {}, problem);
  if (!database) return "cannot be opened: " + problem;
  bool empty = false;
  problem = check_schema(*database, empty);
  if (!problem.empty() || empty || !FileLock::holder(lock_path(file)).empty()) return problem;
  check_last_run(*database, read_note(lock_path(file)));
  return database->failed() ? words_for(*database) : std::string();
}

}  // namespace lws_chat
