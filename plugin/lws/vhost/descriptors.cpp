#include "lws/vhost/descriptors.h"

#include <libwebsockets.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>

namespace lws_chat {
namespace {

// Number kept free for the files of the page, certificates and logs, if the limit is not very small.
constexpr rlim_t kReserve = 32;

// Descriptors belong to the process, and so does this state.
std::atomic<bool> exhausted{false};

}  // namespace

bool descriptor_affordable(int fd) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
  rlim_t reserve = std::min(kReserve, limit.rlim_cur / 4);
  // The kernel gives the lowest free number. So a high number means that few are left.
  bool affordable = static_cast<rlim_t>(fd) < limit.rlim_cur - reserve;
  if (!affordable && !exhausted.exchange(true))
    lwsl_err(
        "lws-chat: out of file descriptors (limit %llu): new connections are dropped until some close; "
        "raise LimitNOFILE or ulimit -n\n",
        static_cast<unsigned long long>(limit.rlim_cur));
  if (affordable && exhausted.exchange(false)) lwsl_notice("lws-chat: file descriptors are available again\n");
  return affordable;
}

}  // namespace lws_chat
