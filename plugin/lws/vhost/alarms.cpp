#include "lws/vhost/alarms.h"

#include "lws/clock.h"
#include "lws/guard.h"

namespace lws_chat {
namespace {

// Alarms ring for at most this long before lws looks at the sockets again.
constexpr Time kPortion = 5 * LWS_US_PER_MS;

}  // namespace

Alarms::Alarms(lws_context* context)
    : context_(context), wheel_(now()), timer_(context, "timers", [this] {
        scheduled_ = -1;
        ring();
      }) {}

void Alarms::set(Alarm& alarm, Time due) {
  wheel_.set(alarm, due);
  if (!ringing_ && (scheduled_ < 0 || wheel_.due() < scheduled_)) schedule(now());
}

void Alarms::schedule(Time at) {
  scheduled_ = wheel_.due();
  if (scheduled_ >= 0) timer_.set(scheduled_ - at);
}

void Alarms::ring() {
  if (ringing_) return;
  ringing_ = true;
  Time at = now();
  Time began = at;
  while (at - began < kPortion) {
    TimerWheel::Timer* due = wheel_.take(at);
    if (!due) break;
    guarded("timer", [due] { static_cast<Alarm*>(due)->ring(); });
    at = now();
  }
  ringing_ = false;
  Time next = wheel_.due();
  if (next < 0) return;
  // While timers are due lws looks at no socket. So the rest waits for its next turn, not for a timer.
  if (next <= at) return lws_cancel_service(context_);
  if (scheduled_ < 0 || next < scheduled_) schedule(at);
}

}  // namespace lws_chat
