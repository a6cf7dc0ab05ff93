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
  // Locks the file, and makes it if it is not there. Returns nullptr and the problem if it cannot: `holder` then tells
  // who has it, if somebody has.
  static std::unique_ptr<FileLock> take(const std::string& path, std::string& holder, std::string& problem);

  // Who has the file locked, as "process 123 (lws-chatd)"; empty: nobody.
  static std::string holder(const std::string& path);

  // Keeps a few bytes in the file for the next process. They survive this process, but not a power loss. Nothing
  // happens if they cannot be written.
  void note(std::string_view bytes);

  // Returns what was noted last, or less if there is less.
  std::string noted(size_t size) const;

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace lws_chat
