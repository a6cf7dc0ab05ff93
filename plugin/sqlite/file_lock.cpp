#include "sqlite/file_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "sqlite/first_line.h"

namespace lws_chat {
namespace {

constexpr off_t kNotePlace = 256;                 // behind the words for people
constexpr off_t kDatabasePlace = off_t{1} << 62;  // of the lock in the database, far behind SQLite's own

struct flock whole_file(int type) {
  struct flock lock {};
  lock.l_type = static_cast<short>(type);
  lock.l_whence = SEEK_SET;
  return lock;
}

// Returns a descriptor that holds the lock, or -1. SQLite loses its locks if a descriptor of the file is closed: this
// one stays open until its connections are closed.
int lock_database(const std::string& path) {
  int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return -1;
  struct flock wanted = whole_file(F_WRLCK);
  wanted.l_start = kDatabasePlace;
  wanted.l_len = 1;
  if (fcntl(fd, F_OFD_SETLK, &wanted) == 0) return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

// The file begins with "PID NAME\n".
std::string holder_in(int fd) {
  std::array<char, 128> bytes{};
  ssize_t size = pread(fd, bytes.data(), bytes.size(), 0);
  std::string_view text(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
  size_t end = text.find('\n');
  size_t blank = text.find(' ');
  if (end == std::string_view::npos || blank > end) return "another process";
  std::string_view pid = text.substr(0, blank);
  if (pid.empty() || pid.find_first_not_of("0123456789") != std::string_view::npos) return "another process";
  std::string name(text.substr(blank + 1, end - blank - 1));
  for (char& letter : name)
    if (letter < ' ' || letter > '~') letter = '?';
  return "process " + std::string(pid) + " (" + name + ")";
}

std::string note_in(int fd, size_t size) {
  std::string bytes(size, '\0');
  ssize_t got = pread(fd, bytes.data(), size, kNotePlace);
  bytes.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return bytes;
}

}  // namespace

std::unique_ptr<FileLock> FileLock::take(const std::string& path, const std::string& database, std::string& holder,
                                         std::string& problem) {
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (fd < 0) {
    problem = std::strerror(errno);
    return nullptr;
  }
  std::unique_ptr<FileLock> lock(new FileLock(fd));
  struct flock wanted = whole_file(F_WRLCK);
  if (fcntl(fd, F_OFD_SETLK, &wanted) != 0) {
    bool taken = errno == EAGAIN || errno == EACCES;
    problem = std::strerror(errno);
    if (taken) holder = holder_in(fd);
    return nullptr;
  }
  lock->database_ = lock_database(database);
  if (lock->database_ < 0) {
    bool taken = errno == EAGAIN || errno == EACCES;
    problem = std::strerror(errno);
    if (taken) holder = "a server that knows it by another name, or whose lock file was removed";
    return nullptr;
  }
  // Only words for people: if the disk is full, another one learns less.
  std::string text = std::to_string(getpid()) + " " + first_line("/proc/self/comm") + "\n";
  text.resize(size_t{kNotePlace});
  if (pwrite(fd, text.data(), text.size(), 0) < 0) return lock;
  return lock;
}

std::string FileLock::holder(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return {};
  struct flock asked = whole_file(F_WRLCK);
  bool taken = fcntl(fd, F_OFD_GETLK, &asked) == 0 && asked.l_type != F_UNLCK;
  std::string name = taken ? holder_in(fd) : std::string();
  close(fd);
  return name;
}

void FileLock::note(std::string_view bytes, bool synced) {
  if (pwrite(fd_, bytes.data(), bytes.size(), kNotePlace) < 0) return;
  if (synced && fdatasync(fd_) != 0) return;
}

std::string FileLock::noted(size_t size) const { return note_in(fd_, size); }

std::string FileLock::noted(const std::string& path, size_t size) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return {};
  std::string bytes = note_in(fd, size);
  close(fd);
  return bytes;
}

FileLock::~FileLock() {
  if (database_ >= 0) close(database_);
  close(fd_);
}

}  // namespace lws_chat
