#include "redis/heard_changes.h"

#include <utility>

namespace lws_chat {

void HeardChanges::begin(uint64_t last) {
  heard_ = last;
  waits_ = false;
}

// One that is not newer than the last one was under way when Redis was asked.
bool HeardChanges::take(const ChangeNumbers& numbers) {
  bool is_next = numbers.before == heard_;
  if (!is_next && numbers.number <= heard_) return true;
  heard_ = numbers.number;
  if (!is_next || heard_ == wanted_) waits_ = false;
  return is_next;
}

void HeardChanges::compare(uint64_t last) {
  if (waits_ || last == heard_) return;
  wanted_ = last;
  waits_ = unasked_ = true;
}

bool HeardChanges::asks() {
  if (!std::exchange(unasked_, false) || !waits_) return false;
  ++asked_;
  return true;
}

// Only the last question was asked after Redis had what is waited for.
bool HeardChanges::confirmed() {
  if (asked_ == 0 || --asked_ > 0 || !waits_) return true;
  begin(wanted_);
  return false;
}

void HeardChanges::cut_off() {
  waits_ = false;
  asked_ = 0;
}

}  // namespace lws_chat
