#include "lws/vhost/memory_trim.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace lws_chat {
namespace {

constexpr lws_usec_t kInterval = 5 * LWS_US_PER_SEC;

// Memory is given back if at least this much more is resident than last time, in bytes.
constexpr uint64_t kWorth = uint64_t{4} * 1024 * 1024;

// Or if at least this much more is free for reuse.
constexpr uint64_t kIdle = uint64_t{16} * 1024 * 1024;

// Memory for so many connections is small beside that of the process itself.
constexpr uint64_t kFew = 1000;

// Memory of this process, see proc_pid_statm(5); 0 if it is not known.
uint64_t resident() {
  char text[128] = "";
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return 0;
  char* second = nullptr;
  std::strtoull(text, &second, 10);
  return std::strtoull(second, nullptr, 10) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

MemoryTrim::MemoryTrim(lws_context* context, const Hub& hub)
    : hub_(hub), timer_(context, "memory trim", [this] {
        look();
        timer_.set(kInterval);
      }) {
  timer_.set(kInterval);
}

// Giving memory back takes milliseconds for each 100 MB. So it does not happen while clients come, nor when it would
// free nothing. Most of what malloc keeps was lws's, for connections.
void MemoryTrim::look() {
  uint64_t connections = 0;
  for (const Counters::ByDialect& dialect : hub_.counters().dialects) connections += dialect.connections;
  bool growing = connections > connections_;
  connections_ = connections;
  if (growing) return;
  auto unknown = [this] {
    uint64_t all = resident();
    return all - std::min<uint64_t>(all, hub_.memory().in_use());
  };
  uint64_t expected = kept_ * std::min(connections + kFew, kept_for_ + kFew) / (kept_for_ + kFew);
  // malloc counts what it keeps for reuse, but does not know how much of that it has given back. So another try is
  // worth it when there is more than at the last one, or than the least since.
  uint64_t idle = mallinfo2().fordblks;
  idle_ = std::min(idle_, idle);
  if (idle < idle_ + idle_ / 4 + kIdle && unknown() < expected + expected / 4 + kWorth) return;
  malloc_trim(0);
  kept_ = unknown();
  kept_for_ = connections;
  idle_ = idle;
}

}  // namespace lws_chat
