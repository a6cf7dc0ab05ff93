#include "lws/descriptors.h"

#include <libwebsockets.h>
#include <sys/resource.h>

#include <atomic>

namespace lws_chat {
namespace {

// Kept free for the page's files, certificates and logs. lws counts on the limit as a whole.
constexpr rlim_t kReserve = 32;

// Descriptors belong to the process, so does the state of having run out of them.
std::atomic<bool> exhausted{false};

}  // namespace

bool descriptor_affordable(int fd) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * kReserve) return true;
  // The kernel gives the lowest free number, so a high one means that few are left.
  bool affordable = static_cast<rlim_t>(fd) < limit.rlim_cur - kReserve;
  if (!affordable && !exhausted.exchange(true))
    lwsl_err(
        "lws-chat: out of file descriptors (limit %llu): new connections are dropped until some close; "
        "raise LimitNOFILE or ulimit -n\n",
        static_cast<unsigned long long>(limit.rlim_cur));
  if (affordable && exhausted.exchange(false)) lwsl_notice("lws-chat: file descriptors are available again\n");
  return affordable;
}

}  // namespace lws_chat
