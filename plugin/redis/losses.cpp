#include "redis/losses.h"

#include <algorithm>

namespace lws_chat {

void Losses::note(Time now) {
  if (first_ == kNever) first_ = now;
  due_ = std::min(now + kQuiet, first_ + kLongest);
  if (!link_.server().address.empty()) server_ = link_.server().address;
}

void Losses::other_line(Time now) { note(now); }

void Losses::room(Time now) {
  ++parts_.counters.renewals;
  ++rooms_;
  note(now);
}

void Losses::tick(Time now) {
  if (now < due_) return;
  std::string rooms = rooms_ == 1 ? "1 room" : std::to_string(rooms_) + " rooms";
  parts_.tell("the server " + server_ + " has lost messages, or is another one than before: " + rooms +
              " of this node began a new epoch");
  rooms_ = 0;
  first_ = due_ = kNever;
}

}  // namespace lws_chat
