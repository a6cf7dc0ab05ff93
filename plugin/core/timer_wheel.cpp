#include "core/timer_wheel.h"

#include <algorithm>

namespace lws_chat {

TimerWheel::~TimerWheel() {
  for (List& list : slots_)
    while (list.first) list.first->cancel();
  while (due_.first) due_.first->cancel();
}

void TimerWheel::Timer::cancel() {
  if (!wheel_) return;
  unlink(wheel_->list_of(*this), *this);
  --wheel_->size_;
  wheel_ = nullptr;
}

void TimerWheel::append(List& list, Timer& timer) {
  timer.previous_ = list.last;
  timer.next_ = nullptr;
  (list.last ? list.last->next_ : list.first) = &timer;
  list.last = &timer;
}

void TimerWheel::unlink(List& list, Timer& timer) {
  (timer.previous_ ? timer.previous_->next_ : list.first) = timer.next_;
  (timer.next_ ? timer.next_->previous_ : list.last) = timer.previous_;
}

void TimerWheel::set(Timer& timer, Time due) {
  timer.cancel();
  timer.tick_ = (due + kTick - 1) / kTick;
  timer.wheel_ = this;
  append(list_of(timer), timer);
  ++size_;
}

TimerWheel::Timer* TimerWheel::take(Time now) {
  advance(now / kTick);
  Timer* timer = due_.first;
  if (timer) timer->cancel();
  return timer;
}

// Each list is looked through once in a round, so that timers of later rounds cost little.
void TimerWheel::advance(Time tick) {
  if (tick <= tick_) return;
  for (Time at = std::max(tick_, tick - static_cast<Time>(kSlots)) + 1; at <= tick; ++at) {
    List& list = slot(at);
    for (Timer* timer = list.first; timer;) {
      Timer* next = timer->next_;
      if (timer->tick_ <= tick) {
        unlink(list, *timer);
        append(due_, *timer);
      }
      timer = next;
    }
  }
  tick_ = tick;
}

Time TimerWheel::due() const {
  if (due_.first) return tick_ * kTick;
  if (size_ == 0) return -1;
  for (Time tick = tick_ + 1; tick <= tick_ + static_cast<Time>(kSlots); ++tick)
    if (slots_[static_cast<size_t>(tick) % kSlots].first) return tick * kTick;
  return -1;
}

}  // namespace lws_chat
