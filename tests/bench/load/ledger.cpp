#include "ledger.h"

namespace bench {

Ledger::Ledger(uint32_t run, uint32_t readers, uint32_t publishers, uint32_t rooms)
    : run_(run),
      readers_(readers),
      rooms_(rooms),
      per_room_(publishers / rooms),
      sent_by_(publishers, 0),
      next_(static_cast<size_t>(readers) * per_room_, 0) {}

uint32_t Ledger::readers_of(uint32_t room) const { return (readers_ - room + rooms_ - 1) / rooms_; }

uint32_t Ledger::send(uint32_t publisher) {
  ++sent_;
  expected_ += readers_of(publisher % rooms_);
  return sent_by_[publisher]++;
}

bool Ledger::receive(uint32_t reader, const Message& message) {
  if (message.run != run_ || message.publisher >= sent_by_.size() || message.sequence >= sent_by_[message.publisher] ||
      message.publisher % rooms_ != reader % rooms_) {
    ++faults_.foreign;
    return false;
  }
  size_t at = track(reader, message.publisher);
  uint32_t due = next_[at];
  if (message.sequence < due) return receive_late(at, message.sequence);
  if (message.sequence > due) missing_[at].push_back({due, message.sequence});
  next_[at] = message.sequence + 1;
  ++delivered_;
  return true;
}

bool Ledger::receive_late(size_t track, uint32_t sequence) {
  auto found = missing_.find(track);
  if (found != missing_.end()) {
    std::vector<Gap>& gaps = found->second;
    for (size_t i = 0; i < gaps.size(); ++i) {
      Gap gap = gaps[i];
      if (sequence < gap.from || sequence >= gap.to) continue;
      gaps.erase(gaps.begin() + static_cast<std::ptrdiff_t>(i));
      if (sequence + 1 < gap.to) gaps.insert(gaps.begin() + static_cast<std::ptrdiff_t>(i), {sequence + 1, gap.to});
      if (gap.from < sequence) gaps.insert(gaps.begin() + static_cast<std::ptrdiff_t>(i), {gap.from, sequence});
      ++faults_.reordered;
      ++delivered_;
      return true;
    }
  }
  ++faults_.duplicated;
  return false;
}

Faults Ledger::close() const {
  Faults faults = faults_;
  faults.lost = expected_ - delivered_;
  return faults;
}

}  // namespace bench
