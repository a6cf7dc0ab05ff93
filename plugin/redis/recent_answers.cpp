#include "redis/recent_answers.h"

namespace lws_chat {

void RecentAnswers::note(std::string_view room, std::string_view epoch, uint64_t offset, uint64_t order, Time now) {
  auto known = by_room_.find(room);
  if (known == by_room_.end()) {
    answers_.push_back({std::string(room), std::string(epoch), offset, order, now});
    by_room_.emplace(answers_.back().room, std::prev(answers_.end()));
    return forget_old(now);
  }
  auto place = known->second;
  answers_.splice(answers_.end(), answers_, place);
  if (place->epoch != epoch) place->epoch = epoch;
  place->offset = offset;
  place->order = order;
  place->at = now;
}

void RecentAnswers::forget_old(Time now) {
  while (!answers_.empty() && (answers_.size() > kMostRooms || answers_.front().at + kRemembered < now)) {
    by_room_.erase(answers_.front().room);
    answers_.pop_front();
  }
}

const std::list<RecentAnswers::Answer>& RecentAnswers::all(Time now) {
  forget_old(now);
  return answers_;
}

}  // namespace lws_chat
