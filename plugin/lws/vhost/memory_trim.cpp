#include "lws/vhost/memory_trim.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace lws_chat {
namespace {

constexpr lws_usec_t kInterval = 5 * LWS_US_PER_SEC;

// Memory is given back if there is so much more than before.
constexpr uint64_t kWorth = uint64_t{4} * 1024 * 1024;

// It also takes so much more that is free for reuse.
constexpr uint64_t kIdle = uint64_t{16} * 1024 * 1024;

// So many connections need little beside what the process itself needs.
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

MemoryTrim::MemoryTrim(lws_context* context, const Hub& hub) : context_(context), hub_(hub) {
  timer_.owner = this;
  lws_sul_schedule(context_, 0, &timer_.sul, on_timer, kInterval);
}

MemoryTrim::~MemoryTrim() { lws_sul_cancel(&timer_.sul); }

void MemoryTrim::on_timer(lws_sorted_usec_list_t* sul) {
  MemoryTrim* self = reinterpret_cast<Timer*>(sul)->owner;
  self->look();
  lws_sul_schedule(self->context_, 0, &self->timer_.sul, on_timer, kInterval);
}

// It takes milliseconds for each 100 MB: so not while clients come, nor again when nothing would come of it. What is
// kept is mostly lws's, for its connections.
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
  // malloc counts what it keeps for reuse, and does not know which of it it has given back already: so it is worth it
  // when there is more than the last time, or than has been in use since.
  uint64_t idle = mallinfo2().fordblks;
  idle_ = std::min(idle_, idle);
  if (idle < idle_ + idle_ / 4 + kIdle && unknown() < expected + expected / 4 + kWorth) return;
  malloc_trim(0);
  kept_ = unknown();
  kept_for_ = connections;
  idle_ = idle;
}

}  // namespace lws_chat
