#pragma once

#include <uv.h>

#include <cstdint>

namespace lws_chat {

// Tells systemd how the server is, where systemd asked for it (Type=notify, WatchdogSec=): sd_notify(3). Does nothing
// where it did not, or where the server is built without libsystemd.
class ServiceManager {
 public:
  explicit ServiceManager(uv_loop_t* loop);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // All vhosts listen. From now on it is told that the event loop turns, twice in each WatchdogSec.
  void ready();

  // A reload begins, which ready() ends.
  void reloading();

  // The server is shutting down, which may take so long.
  void stopping(uint64_t milliseconds);

  // To be called before the loop ends.
  void close();

 private:
  static void on_timer(uv_timer_t* timer);

  uv_timer_t watchdog_{};
  uint64_t interval_ms_ = 0;  // 0: nobody watches
};

}  // namespace lws_chat
