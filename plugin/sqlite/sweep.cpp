#include "sqlite/sweep.h"

#include <algorithm>
#include <utility>

#include "sqlite/epoch.h"
#include "sqlite/message_row.h"

namespace lws_chat {
namespace {

constexpr int kRoomsPerStep = 100;
constexpr uint64_t kMessagesPerStep = 1000;
constexpr int64_t kRecordsPerStep = 200;
constexpr int64_t kUnusedSeconds = 2'592'000;  // 30 days
constexpr int64_t kUnusedInNeed = 3600;

}  // namespace

Sweep::Sweep(Database& database, Removal& removal, const Run& run)
    : database_(database),
      removal_(removal),
      run_(run),
      keep_ms_(database, "SELECT keep_ms FROM rooms WHERE id = ?"),
      rooms_(database, "SELECT id, run, touched FROM rooms WHERE id > ? ORDER BY id LIMIT ?"),
      has_messages_(database, "SELECT EXISTS(SELECT 1 FROM messages WHERE id BETWEEN ? AND ?)"),
      drop_room_(database, "DELETE FROM rooms WHERE id = ?"),
      new_epoch_(database, "UPDATE rooms SET epoch = ?, run = 0 WHERE id = ?"),
      records_(database, "SELECT kind, key, until FROM records WHERE (kind, key) > (?, ?) ORDER BY kind, key LIMIT ?"),
      drop_record_(database, "DELETE FROM records WHERE kind = ? AND key = ?"),
      forget_lost_(database, "DELETE FROM lost_runs WHERE number < ?") {}

Sweep::Done Sweep::step(int64_t unix_ms, bool need_room) {
  Done done;
  step_messages(unix_ms, done);
  step_rooms(unix_ms, need_room, done);
  step_records(unix_ms);
  busy_ = busy_ || done.messages > 0 || done.rooms > 0;
  return done;
}

void Sweep::step_messages(int64_t unix_ms, Done& done) {
  for (int i = 0; i < kRoomsPerStep && done.messages < kMessagesPerStep && !database_.failed(); ++i) {
    Removal::Oldest oldest = removal_.oldest_from(next_messages_);
    if (oldest.room == 0) {
      next_messages_ = 0;
      return end_walk();
    }
    next_messages_ = sweep_room(oldest, unix_ms, done) ? oldest.room + 1 : oldest.room;
  }
}

// Returns false if there is more to remove.
bool Sweep::sweep_room(const Removal::Oldest& oldest, int64_t unix_ms, Done& done) {
  uint64_t most = kMessagesPerStep - done.messages;
  uint64_t removed = 0;
  int64_t keep_ms = 0;
  bool is_known = false;
  {
    Statement::Rows rows = keep_ms_.with(oldest.room);
    is_known = rows.next();
    if (is_known) keep_ms = rows.number(0);
  }
  if (database_.failed()) return true;
  if (!is_known)
    removed = removal_.remove_orphans(oldest.room, most);
  else if (!oldest.damaged && keep_ms >= 0 && unix_ms - oldest.at > keep_ms)
    removed = removal_.remove_before(oldest.room, unix_ms - keep_ms, most, unix_ms, done.trimmed);
  done.messages += removed;
  return removed < most;
}

void Sweep::step_rooms(int64_t unix_ms, bool need_room, Done& done) {
  struct Found {
    int64_t id, run, touched;
  };
  std::vector<Found> found;
  {
    Statement::Rows rows = rooms_.with(next_room_, int64_t{kRoomsPerStep});
    while (rows.next()) found.push_back({rows.number(0), rows.number(1), rows.number(2)});
  }
  if (database_.failed()) return;
  int64_t unused_since = unix_ms / 1000 - (need_room ? kUnusedInNeed : kUnusedSeconds);
  for (const Found& room : found) {
    next_room_ = room.id;
    bool lost = std::find(run_.lost.begin(), run_.lost.end(), room.run) != run_.lost.end();
    if (lost) {
      give_new_epoch(room.id);
      ++done.rooms;
    }
    if (room.touched >= unused_since || room.id < 1 || room.id > kMaxRoom) continue;
    Statement::Rows rows = has_messages_.with(row_id(room.id, 0), row_id(room.id, kMaxOffset));
    if (!rows.next() || rows.number(0) != 0) continue;
    drop_room_.execute(room.id);
    ++done.rooms;
  }
  if (!found.empty()) return;
  next_room_ = 0;
  // No room has one of the lost runs any more.
  if (!std::exchange(rooms_walked_, true) && !run_.lost.empty()) forget_lost_.execute(run_.number);
}

// A power loss may have taken the room's last messages.
void Sweep::give_new_epoch(int64_t room) {
  std::string epoch = random_epoch();
  new_epoch_.execute(std::string_view(epoch), room);
}

void Sweep::step_records(int64_t unix_ms) {
  std::vector<std::pair<int64_t, std::string>> over;
  int64_t count = 0;
  {
    Statement::Rows rows = records_.with(next_kind_, std::string_view(next_key_), kRecordsPerStep);
    while (rows.next()) {
      ++count;
      next_kind_ = rows.number(0);
      next_key_ = rows.bytes(1);
      if (rows.number(2) <= unix_ms) over.emplace_back(next_kind_, next_key_);
    }
  }
  for (const auto& [kind, key] : over) drop_record_.execute(kind, std::string_view(key));
  busy_ = busy_ || !over.empty();
  if (count == kRecordsPerStep || database_.failed()) return;
  next_kind_ = 0;
  next_key_.clear();
}

void Sweep::undo() {
  next_messages_ = next_room_ = next_kind_ = 0;
  next_key_.clear();
  rooms_walked_ = false;
}

void Sweep::end_walk() { idle_ = !std::exchange(busy_, false); }

}  // namespace lws_chat
