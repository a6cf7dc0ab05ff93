#include "core/schedule.h"

#include <algorithm>
#include <utility>

namespace lws_chat {

Schedule::Schedule(Waker* waker, const FlushQueue& queue, const RoomTable& table, const Presence& presence)
    : waker_(waker), queue_(queue), table_(table), presence_(presence) {}

Time Schedule::due() const {
  if (!late_.empty()) return 0;
  // Data is forgotten only when no room is to be flushed at once.
  Time sending = queue_.due();
  return queue_.first() ? sending : std::min({sending, table_.due(), presence_.due()});
}

void Schedule::do_later(std::function<void(Time)> work) {
  late_.push_back(std::move(work));
  tell_waker();
}

void Schedule::do_late_work(Time now) {
  for (size_t left = late_.size(); left > 0; --left) {
    std::function<void(Time)> work = std::move(late_.front());
    late_.pop_front();
    work(now);
  }
}

void Schedule::tell_waker() {
  if (!waker_) return;
  Time at = due();
  if (at >= told_) return;
  told_ = at;
  waker_->wake(at);
}

}  // namespace lws_chat
