#include "sqlite/space.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "sqlite/schema.h"

namespace lws_chat {
namespace {

constexpr size_t kMostRooms = 65'536;   // of which the oldest message is known: 1 MiB
constexpr int kRoomsPerStep = 1000;     // of a walk
constexpr uint64_t kLeastSlack = 256;   // pages
constexpr uint64_t kPagesPerStep = 64;  // given back

constexpr std::greater<> kOldestFirst{};

}  // namespace

Space::Space(Database& database, Removal& removal, uint64_t max_bytes)
    : database_(database),
      removal_(removal),
      page_count_(database, "PRAGMA page_count"),
      free_count_(database, "PRAGMA freelist_count"),
      most_(max_bytes / kPageBytes),
      nearly_full_(most_ - most_ / 16),
      enough_(most_ - most_ / 64),
      hard_(most_ + std::max(kLeastSlack, most_ / 16)) {
  set_hard_limit(false);
  measure();
}

void Space::measure() {
  auto count = [](Statement& statement) {
    Statement::Rows rows = statement.with();
    return rows.next() ? static_cast<uint64_t>(rows.number(0)) : 0;
  };
  pages_ = count(page_count_);
  used_ = pages_ - std::min(pages_, count(free_count_));
}

void Space::set_hard_limit(bool relaxed) {
  database_.number(("PRAGMA max_page_count = " + std::to_string(hard_ + (relaxed ? kLeastSlack : 0))).c_str());
}

uint64_t Space::step(uint64_t most, int64_t unix_ms, std::vector<Trimmed>& trimmed) {
  if (used_ > most_) removing_ = true;
  if (used_ <= enough_) removing_ = false;
  if (oldest_.empty() || walking_) look_for_oldest(unix_ms);
  return removing_ && !walking_ ? remove_oldest(most, unix_ms, trimmed) : 0;
}

void Space::look_for_oldest(int64_t unix_ms) {
  if (!std::exchange(walking_, true)) known_until_ = unix_ms;
  for (int i = 0; i < kRoomsPerStep && !database_.failed(); ++i) {
    Removal::Oldest oldest = removal_.oldest_from(next_);
    if (oldest.room == 0) {
      walking_ = false;
      next_ = 0;
      std::make_heap(oldest_.begin(), oldest_.end(), kOldestFirst);
      return;
    }
    next_ = oldest.room + 1;
    if (oldest.damaged) continue;
    oldest_.emplace_back(oldest.at, oldest.room);
    if (oldest_.size() < 2 * kMostRooms) continue;
    // The younger half is not needed before another walk.
    std::nth_element(oldest_.begin(), oldest_.begin() + kMostRooms, oldest_.end());
    known_until_ = std::min(known_until_, oldest_[kMostRooms].first);
    oldest_.resize(kMostRooms);
  }
}

uint64_t Space::remove_oldest(uint64_t most, int64_t unix_ms, std::vector<Trimmed>& trimmed) {
  uint64_t removed = 0;
  for (int i = 0; i < kRoomsPerStep && removed < most && !oldest_.empty() && !database_.failed(); ++i) {
    // Rooms that are not in the heap may have older messages.
    if (oldest_.front().first > known_until_) {
      oldest_.clear();
      break;
    }
    std::pop_heap(oldest_.begin(), oldest_.end(), kOldestFirst);
    int64_t room = oldest_.back().second;
    oldest_.pop_back();
    Removal::Oldest now = removal_.oldest_from(room);
    if (now.room != room || now.damaged) continue;
    // Up to the next room's oldest message, and a little further: else rooms that are written in turn would give one
    // message each.
    int64_t next = oldest_.empty() ? now.at : std::max(now.at, oldest_.front().first);
    int64_t until = next + 1 + std::max<int64_t>(0, unix_ms - next) / 64;
    removed += removal_.remove_before(room, until, most - removed, unix_ms, trimmed);
    now = removal_.oldest_from(room);
    if (now.room != room || now.damaged) continue;
    oldest_.emplace_back(now.at, room);
    std::push_heap(oldest_.begin(), oldest_.end(), kOldestFirst);
  }
  return removed;
}

void Space::shrink() {
  uint64_t unused = pages_ - used_;
  // What is freed and used again all the time stays.
  if (unused > std::max(kLeastSlack, pages_ / 16))
    database_.run(("PRAGMA incremental_vacuum(" + std::to_string(kPagesPerStep) + ")").c_str());
}

void Space::undo() {
  oldest_.clear();
  next_ = 0;
  walking_ = false;
}

}  // namespace lws_chat
