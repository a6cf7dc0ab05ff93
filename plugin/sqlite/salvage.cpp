#include "sqlite/salvage.h"

#include <algorithm>
#include <set>

#include "sqlite/epoch.h"
#include "sqlite/message_row.h"

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

// Finds out whose rooms may lack messages. If the last run did not end well, nobody knows whether the log is whole.
void Salvage::read_run() {
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
  std::set<int64_t> seen;
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
      if (good && seen.insert(room.id).second) rooms.push_back(std::move(room));
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

// Copies the last messages, if they are whole and nothing is missing between them or behind them; `room.last` becomes
// the largest offset that is known. Returns false if messages are damaged or missing.
bool Salvage::copy_messages(Room& room) {
  bool whole = true;
  uint64_t last = 0;
  uint64_t first = first_whole(room, last, whole);
  // A room's row is never newer than its last message.
  bool ends_well = last >= room.last;
  if (last > 0 && !ends_well) whole = false;
  room.last = std::max(room.last, last);
  if (first > 0 && ends_well) {
    Statement read(*from_, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id");
    Statement insert(to_, "INSERT OR IGNORE INTO messages(id, bytes) VALUES(?, ?)");
    Statement::Rows rows = read.with(row_id(room.id, first), row_id(room.id, last));
    while (rows.next()) {
      insert.execute(rows.number(0), Blob{rows.bytes(1)});
      ++messages_;
      step();
    }
  }
  if (from_->failed()) whole = false;
  from_->clear_failure();
  return whole;
}

// Returns the offset of the first of the last messages that are whole and have no gap; 0: there is none. `last` becomes
// that of the last message, be it whole or not; 0: there is none.
uint64_t Salvage::first_whole(const Room& room, uint64_t& last, bool& whole) {
  Statement read(*from_, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC");
  Statement::Rows rows = read.with(row_id(room.id, 0), row_id(room.id, kMaxOffset));
  uint64_t first = 0;
  while (rows.next()) {
    MessageRow row;
    uint64_t offset = offset_of(rows.number(0));
    bool good = offset > 0 && unpack_row(rows.number(0), rows.bytes(1), row);
    if (last == 0) last = offset;
    if (!good || (first != 0 && offset + 1 != first)) {
      whole = false;
      break;
    }
    first = offset;
  }
  if (from_->failed()) whole = false;
  from_->clear_failure();
  return first;
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
