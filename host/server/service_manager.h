#pragma once

#include <uv.h>

#include <cstdint>

namespace lws_chat {

// Tells systemd the server's state with sd_notify(3), if systemd asks for it (Type=notify, WatchdogSec=). Does nothing
// otherwise, or in a build without libsystemd.
class ServiceManager {
 public:
  explicit ServiceManager(uv_loop_t* loop);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // All vhosts listen. From now on the event loop sends a sign of life twice in each WatchdogSec.
  void ready();

  // A reload begins. It ends with ready().
  void reloading();

  // The shutdown begins. It takes at most so many milliseconds.
  void stopping(uint64_t milliseconds);

  // Call it before the loop ends.
  void close();

 private:
  static void on_timer(uv_timer_t* timer);

  uv_timer_t watchdog_{};
  uint64_t interval_ms_ = 0;  // 0: no watchdog
};

}  // namespace lws_chat
