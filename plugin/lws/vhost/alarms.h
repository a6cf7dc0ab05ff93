#pragma once

#include <libwebsockets.h>

#include "core/timer_wheel.h"
#include "lws/timer.h"

namespace lws_chat {

// Something that waits for its time. Its destructor cancels it.
class Alarm : public TimerWheel::Timer {
 public:
  // The time has come. Not called within a callback of the connection, nor within a walk through a room.
  virtual void ring() = 0;

 protected:
  ~Alarm() = default;
};

// The alarms of a vhost's connections, with one timer of lws for all of them. lws walks the list of its timers from the
// head for each that is set: with thousands of them it does nothing else.
class Alarms {
 public:
  explicit Alarms(lws_context* context);
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  // The alarm rings a few milliseconds after `due`; with kAtOnce, as soon as lws has done what it is doing. Replaces
  // the time set before.
  void set(Alarm& alarm, Time due);

  // Rings the alarms that are due, for a few milliseconds. The others ring when lws has looked at all sockets once more
  // (VhostState::woken()).
  void ring();

 private:
  void schedule(Time at);

  lws_context* context_;
  TimerWheel wheel_;
  Timer timer_;
  Time scheduled_ = -1;  // -1: the timer is not set
  bool ringing_ = false;
};

}  // namespace lws_chat
