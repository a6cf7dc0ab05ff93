// CPU time and memory of a server's processes, as the kernel counts them.
#pragma once

#include <cstdint>
#include <vector>

#include "clock.h"

namespace bench {

class ProcessGroup {
 public:
  // 0: no processes, so all figures are 0.
  explicit ProcessGroup(int id) : id_(id) {}

  // Updates the list of processes.
  void refresh();
  size_t size() const { return pids_.size(); }

  // User and system time of all threads, including ended ones, exact to the nanosecond.
  Nanoseconds cpu_time() const;

  // Bytes of resident memory, without the kernel's memory for sockets.
  uint64_t resident() const;

 private:
  int id_;
  std::vector<int> pids_;
};

}  // namespace bench
