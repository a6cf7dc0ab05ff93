#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace lws_chat {

// One store at a time has a database open. The lock belongs to an open file, so that it also keeps two stores of one
// process apart, no fork inherits it past exec, and the end of the process frees it, however it comes.
class FileLock {
 public:
  // Locks the file, and makes it if it is not there; and the database itself, which may have several names, or whose
  // lock file may be removed. Returns nullptr and the problem if it cannot: `holder` then tells who has it, if somebody
  // has.
  static std::unique_ptr<FileLock> take(const std::string& path, const std::string& database, std::string& holder,
                                        std::string& problem);

  // Who has the file locked, as "process 123 (lws-chatd)"; empty: nobody.
  static std::string holder(const std::string& path);

  // Keeps a few bytes in the file for the next process. They survive this process; a power loss only if they are
  // synced. Nothing happens if they cannot be written.
  void note(std::string_view bytes, bool synced = false);

  // Returns what was noted last, or less if there is less.
  std::string noted(size_t size) const;

  // The same without the lock.
  static std::string noted(const std::string& path, size_t size);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_;
  int database_ = -1;
};

}  // namespace lws_chat
