#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace unit {

// SQLite's view of the operating system, with faults. The files are real.
class FailingVfs {
 public:
  enum Call : unsigned { kWrite = 1, kSync = 2, kOpen = 4, kTruncate = 8, kRead = 16, kShared = 32, kAnyCall = 63 };

  FailingVfs();
  ~FailingVfs();
  FailingVfs(const FailingVfs&) = delete;
  FailingVfs& operator=(const FailingVfs&) = delete;

  const std::string& name() const { return name_; }

  // Of these calls the next `after` succeed, then `count` fail with this code, then all succeed.
  void fail(unsigned calls, int after, int count, int code);

  // From now on nothing changes the files any more, as if the process was killed.
  void crash() { crashed_ = true; }

  // Heals, also after crash().
  void heal();

  // Calls that have failed since the last fail().
  int failed() const { return failed_; }

  // For the functions of the VFS: SQLITE_OK, or the code to fail with.
  int check(Call call, bool changes);

  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs* real_;
  std::string name_;
  sqlite3_vfs vfs_{};
  std::atomic<unsigned> calls_{0};
  std::atomic<int> after_{0};
  std::atomic<int> count_{0};
  std::atomic<int> code_{0};
  std::atomic<int> failed_{0};
  std::atomic<bool> crashed_{false};
};

}  // namespace unit
