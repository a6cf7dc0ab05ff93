#include "redis/losses.h"

#include <algorithm>
#include <utility>

#include "redis/server_line.h"

namespace lws_chat {

void Losses::wait(Time now) {
  if (first_ == kNever) first_ = now;
  Time more = on_other_line_ ? 0 : ServerLine::kLookAgain;
  due_ = std::min(now + more + kQuiet, first_ + kLongest);
  if (!link_.server().address.empty()) server_ = link_.name();
}

void Losses::other_line(Time now) {
  on_other_line_ = true;
  wait(now);
}

void Losses::room(Time now) {
  ++parts_.counters.renewals;
  ++rooms_;
  wait(now);
}

void Losses::tick(Time now) {
  if (now < due_) return;
  first_ = due_ = kNever;
  on_other_line_ = false;
  size_t rooms = std::exchange(rooms_, 0);
  if (rooms == 0) return;
  parts_.tell(server_ + " has lost messages, or is another one than before: " + std::to_string(rooms) +
              (rooms == 1 ? " room" : " rooms") + " of this node began a new epoch");
}

}  // namespace lws_chat
