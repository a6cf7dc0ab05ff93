#pragma once

#include <libwebsockets.h>

#include "core/timer_wheel.h"
#include "lws/timer.h"

namespace lws_chat {

// Something that waits for its time. Precondition of its end: none, an alarm that is set is cancelled.
class Alarm : public TimerWheel::Timer {
 public:
  // The time has come. Not within a callback of the connection, and not within a walk through a room.
  virtual void ring() = 0;

 protected:
  ~Alarm() = default;
};

// The timers of a vhost's connections, all behind one timer of lws. lws keeps its timers in a list that it walks from
// the head for each that is set: with thousands of them nothing else gets done.
class Alarms {
 public:
  explicit Alarms(lws_context* context);
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  // Rings a few milliseconds after that time. kAtOnce: as soon as lws is done with what it is at. One alarm has one
  // time.
  void set(Alarm& alarm, Time due);

  // Rings those that are due, as many as can be rung in a few milliseconds; the others when lws has looked at all
  // sockets once more and woken() is called.
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
