#pragma once

#include <memory>
#include <string>

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

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace lws_chat
