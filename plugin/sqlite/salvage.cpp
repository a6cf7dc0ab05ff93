#include "sqlite/salvage.h"

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "sqlite/epoch.h"
#include "sqlite/message_row.h"
#include "sqlite/run.h"

namespace lws_chat {
namespace {

constexpr uint64_t kRowsPerTransaction = 10'000;

}  // namespace

void Salvage::run() {
  to_.run("BEGIN");
  if (from_) {
    from_->clear_failure();
    read_run();
    copy_rooms();
    // From both ends, because an unreadable page ends a walk.
    copy_records(true);
    copy_records(false);
  }
  to_.run("COMMIT");
}

// Ends the transaction now and then, so that the log stays small.
void Salvage::step() {
  if (++steps_ % kRowsPerTransaction != 0) return;
  to_.run("COMMIT");
  to_.number("PRAGMA wal_checkpoint(PASSIVE)");
  to_.run("BEGIN");
}

// Finds out which rooms may lack messages.
void Salvage::read_run() {
  all_lost_ = any_room_may_lack(*from_, note_);
  {
    Statement read(*from_, "SELECT number, clean FROM run");
    Statement::Rows rows = read.with();
    if (!rows.next())
      all_lost_ = true;
    else if (rows.number(1) == 0)
      lost_.push_back(rows.number(0));
  }
  {
    Statement read(*from_, "SELECT number FROM lost_runs");
    Statement::Rows rows = read.with();
    while (rows.next()) lost_.push_back(rows.number(0));
  }
  all_lost_ = all_lost_ || from_->failed();
  from_->clear_failure();
}

void Salvage::copy_rooms() {
  // A damaged tree may give a row twice. Of two rooms with a name only one can be kept.
  std::set<int64_t> ids;
  std::set<std::string> names;
  for (bool forwards : {true, false}) {
    Statement walk(*from_, forwards
                               ? "SELECT id, name, epoch, last, run, touched, keep_ms FROM rooms ORDER BY id"
                               : "SELECT id, name, epoch, last, run, touched, keep_ms FROM rooms ORDER BY id DESC");
    Statement::Rows rows = walk.with();
    std::vector<Room> rooms;
    while (rows.next()) {
      Room room;
      room.id = rows.number(0);
      room.name = rows.bytes(1);
      room.epoch = rows.bytes(2);
      room.last = static_cast<uint64_t>(rows.number(3));
      room.run = rows.number(4);
      room.touched = rows.number(5);
      room.keep_ms = rows.number(6);
      bool good = room.id > 0 && room.id <= kMaxRoom && room.last <= kMaxOffset && !room.name.empty();
      if (good && ids.insert(room.id).second && names.insert(room.name).second) rooms.push_back(std::move(room));
    }
    from_->clear_failure();
    for (Room& room : rooms) copy_room(std::move(room));
  }
}

void Salvage::copy_room(Room room) {
  bool lost = all_lost_ || std::find(lost_.begin(), lost_.end(), room.run) != lost_.end();
  bool whole = copy_messages(room);
  if (!whole || lost) {
    room.epoch = random_epoch();
    ++torn_;
  }
  Statement insert(to_,
                   "INSERT OR IGNORE INTO rooms(id, name, epoch, last, run, touched, keep_ms) "
                   "VALUES(?, ?, ?, ?, 0, ?, ?)");
  insert.execute(room.id, std::string_view(room.name), std::string_view(room.epoch), static_cast<int64_t>(room.last),
                 room.touched, room.keep_ms);
  ++rooms_;
  step();
}

// Copies all messages that are whole. Where some are missing between them or behind them, the others move up, since the
// room begins a new epoch: what it has is without a gap. `room.last` becomes the largest offset that is known. Returns
// false if messages are damaged or missing.
bool Salvage::copy_messages(Room& room) {
  std::vector<uint64_t> good;
  bool whole = find_messages(room, good);
  // A room's row is never newer than its last message.
  whole = whole && (good.empty() || good.back() >= room.last) &&
          (good.empty() || good.back() - good.front() + 1 == good.size());
  if (!good.empty()) room.last = std::max(room.last, good.back());
  uint64_t offset = whole && !good.empty() ? good.front() : room.last - good.size() + 1;
  Statement read(*from_, "SELECT bytes FROM messages WHERE id = ?");
  Statement insert(to_, "INSERT OR IGNORE INTO messages(id, bytes) VALUES(?, ?)");
  uint64_t total = 0;
  std::string bytes;
  for (uint64_t old : good) {
    Statement::Rows rows = read.with(row_id(room.id, old));
    MessageRow row;
    if (!rows.next() || !unpack_row(row_id(room.id, old), rows.bytes(0), row)) break;
    row.total = total += counted_bytes(row.message);
    pack_row(row_id(room.id, offset), row, bytes);
    insert.execute(row_id(room.id, offset), Blob{bytes});
    ++offset;
    ++messages_;
    step();
  }
  // Some could not be read a second time.
  if (!good.empty() && offset <= room.last) {
    room.last = offset - 1;
    whole = false;
  }
  from_->clear_failure();
  return whole;
}

// Finds the messages that are whole, from both ends, because an unreadable page ends a walk. Returns false if others
// are not.
bool Salvage::find_messages(const Room& room, std::vector<uint64_t>& good) {
  bool whole = true;
  std::vector<uint64_t> behind;
  for (bool forwards : {true, false}) {
    if (!forwards && whole) break;
    Statement read(*from_, forwards ? "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id"
                                    : "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC");
    Statement::Rows rows = read.with(row_id(room.id, 0), row_id(room.id, kMaxOffset));
    while (rows.next()) {
      MessageRow row;
      uint64_t offset = offset_of(rows.number(0));
      if (!forwards && !good.empty() && offset <= good.back()) break;
      if (offset > 0 && unpack_row(rows.number(0), rows.bytes(1), row))
        (forwards ? good : behind).push_back(offset);
      else
        whole = false;
    }
    if (from_->failed()) whole = false;
    from_->clear_failure();
  }
  good.insert(good.end(), behind.rbegin(), behind.rend());
  // A damaged tree may give a message twice, or not in its place.
  if (std::is_sorted(good.begin(), good.end(), std::less_equal<>())) return whole;
  std::sort(good.begin(), good.end());
  good.erase(std::unique(good.begin(), good.end()), good.end());
  return false;
}

void Salvage::copy_records(bool forwards) {
  Statement read(*from_, forwards ? "SELECT kind, key, value, until FROM records ORDER BY kind, key"
                                  : "SELECT kind, key, value, until FROM records ORDER BY kind DESC, key DESC");
  Statement insert(to_, "INSERT OR IGNORE INTO records(kind, key, value, until) VALUES(?, ?, ?, ?)");
  {
    Statement::Rows rows = read.with();
    while (rows.next()) {
      insert.execute(rows.number(0), rows.bytes(1), rows.bytes(2), rows.number(3));
      records_ += static_cast<uint64_t>(insert.changes());
    }
  }
  from_->clear_failure();
}

}  // namespace lws_chat
