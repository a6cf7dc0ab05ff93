// CPU time and memory of the processes that make up a server, from the kernel's own books.
#pragma once

#include <cstdint>
#include <vector>

#include "clock.h"

namespace bench {

class ProcessGroup {
 public:
  // 0: no processes, everything is 0.
  explicit ProcessGroup(int id) : id_(id) {}

  // Looks again which processes there are.
  void refresh();
  size_t size() const { return pids_.size(); }

  // User and system time of all threads, living and ended, to the nanosecond.
  Nanoseconds cpu_time() const;

  // Bytes of resident memory. What the kernel holds for sockets is not in it.
  uint64_t resident() const;

 private:
  int id_;
  std::vector<int> pids_;
};

}  // namespace bench
