#include "host/server/service_manager.h"

#ifdef LWS_CHATD_WITH_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include <ctime>
#include <string>

namespace lws_chat {
namespace {

void tell([[maybe_unused]] const char* state) {
#ifdef LWS_CHATD_WITH_SYSTEMD
  sd_notify(0, state);
#endif
}

uint64_t watchdog_ms() {
  uint64_t microseconds = 0;
#ifdef LWS_CHATD_WITH_SYSTEMD
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return 0;
#endif
  return microseconds / 1000;
}

}  // namespace

ServiceManager::ServiceManager(uv_loop_t* loop) : interval_ms_(watchdog_ms() / 2) { uv_timer_init(loop, &watchdog_); }

void ServiceManager::ready() {
  tell("READY=1");
  // The event loop runs this timer, so a loop that hangs sends no sign of life.
  if (interval_ms_ > 0) uv_timer_start(&watchdog_, on_timer, 0, interval_ms_);
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  uint64_t microseconds = static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
  tell(("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds)).c_str());
}

void ServiceManager::stopping(uint64_t milliseconds) {
  // Without EXTEND_TIMEOUT_USEC systemd kills the server after TimeoutStopSec=.
  tell(("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(milliseconds * 1000)).c_str());
}

void ServiceManager::close() {
  auto* handle = reinterpret_cast<uv_handle_t*>(&watchdog_);
  if (!uv_is_closing(handle)) uv_close(handle, nullptr);
}

void ServiceManager::on_timer(uv_timer_t*) { tell("WATCHDOG=1"); }

}  // namespace lws_chat
