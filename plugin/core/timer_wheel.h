#pragma once

#include <array>
#include <cstddef>

#include "core/log/message.h"

namespace lws_chat {

// Many timers that need not be exact. Setting, cancelling and taking a timer costs the same however many there are, and
// allocates nothing. A timer is due up to kTick after its time.
//
// The wheel is a ring of lists, one for each tick of the clock. A timer that is several rounds away stays in its list
// for as many rounds. ("Hashed and hierarchical timing wheels", Varghese and Lauck, 1987, scheme 6.)
class TimerWheel {
 public:
  static constexpr Time kTick = 5000;  // microseconds

  // A member of the object that waits. Its wheel may go away before it.
  class Timer {
   public:
    Timer() = default;
    ~Timer() { cancel(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void cancel();
    bool is_set() const { return wheel_ != nullptr; }

   private:
    friend class TimerWheel;
    TimerWheel* wheel_ = nullptr;  // nullptr: it is not set
    Timer* previous_ = nullptr;
    Timer* next_ = nullptr;
    Time tick_ = 0;  // the tick in which it is due
  };

  explicit TimerWheel(Time now) : tick_(now / kTick) {}
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  static constexpr Time kAtOnce = 0;

  // Sets the timer, or sets it anew.
  void set(Timer& timer, Time due);

  // Returns a timer that is due, and unsets it; nullptr: there is none. Timers that are set for the past while others
  // are taken come after these.
  Timer* take(Time now);

  // When take() may have something; -1: no timer is set.
  Time due() const;

  size_t size() const { return size_; }

 private:
  static constexpr size_t kSlots = 1024;  // about 5 s a round

  struct List {
    Timer* first = nullptr;
    Timer* last = nullptr;
  };

  List& slot(Time tick) { return slots_[static_cast<size_t>(tick) % kSlots]; }
  List& list_of(const Timer& timer) { return timer.tick_ <= tick_ ? due_ : slot(timer.tick_); }
  static void append(List& list, Timer& timer);
  static void unlink(List& list, Timer& timer);
  void advance(Time tick);

  std::array<List, kSlots> slots_{};
  List due_;   // in the order in which they became due
  Time tick_;  // up to this tick, all timers are in due_
  size_t size_ = 0;
};

}  // namespace lws_chat
