#include "sqlite/room_writes.h"

#include <algorithm>

namespace lws_chat {
namespace {

constexpr int64_t kKeyMilliseconds = 300'000;  // how long an idempotency key is known
constexpr uint64_t kMostDeleted = 1000;        // messages of a room in one transaction, besides those that came

int64_t keep_ms_of(const HistoryLimits& limits) { return limits.age / 1000; }

}  // namespace

RoomWrites::RoomWrites(Database& database, const Run& run, RoomIds& ids)
    : database_(database),
      run_(run),
      ids_(ids),
      find_room_(database, "SELECT id, epoch, last, run, keep_ms FROM rooms WHERE name = ?"),
      first_message_(database, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT 1"),
      last_message_(database, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1"),
      insert_room_(database,
                   "INSERT INTO rooms(id, name, epoch, last, run, touched, keep_ms) VALUES(?, ?, ?, ?, ?, ?, ?)"),
      restart_room_(database,
                    "UPDATE rooms SET id = ?, epoch = ?, last = ?, run = ?, touched = ?, keep_ms = ? WHERE id = ?"),
      mark_room_(database, "UPDATE rooms SET epoch = ?, last = ?, run = ?, touched = ?, keep_ms = ? WHERE id = ?"),
      empty_room_(database, "UPDATE rooms SET last = ?, touched = ? WHERE id = ?"),
      insert_message_(database, "INSERT INTO messages(id, bytes) VALUES(?, ?)"),
      insert_record_(database, "INSERT OR REPLACE INTO records(kind, key, value, until) VALUES(?, ?, ?, ?)"),
      messages_(database, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id"),
      delete_messages_(database, "DELETE FROM messages WHERE id BETWEEN ? AND ?") {}

bool RoomWrites::needs_sync(const Write& write) const {
  switch (write.kind) {
    case Write::Kind::kAppend: return write.room->filed.run != run_.number;
    case Write::Kind::kForget: return true;
    case Write::Kind::kKeep:
      return write.record == Records::Kind::kRevokedToken || write.record == Records::Kind::kRevokedUser;
    default: return false;
  }
}

void RoomWrites::begin(int64_t unix_ms) {
  now_ = std::max<int64_t>(0, unix_ms);
  ++transaction_;
  touched_.clear();
  trimmed_.clear();
  counts_ = {};
  current_ = nullptr;
  last_id_ = 0;
}

void RoomWrites::undo() {
  for (Touched& touched : touched_) {
    bool damaged = touched.room->filed.damaged;
    touched.room->filed = std::move(touched.before);
    touched.room->filed.damaged = damaged;
  }
  touched_.clear();
  if (current_ && (database_.failure() & 0xff) == SQLITE_CORRUPT) damage(*current_);
  current_ = nullptr;
}

void RoomWrites::refused(const Write& write) {
  FiledRoom& filed = write.room->filed;
  if (write.kind == Write::Kind::kAppend && filed.id == 0 && filed.expected == 0) filed.expected = write.offset;
}

Status RoomWrites::append(const Write& write, const WriteTexts& texts) {
  RoomEntry& room = *write.room;
  Touched& touched = touch(room);
  FiledRoom& filed = room.filed;
  if (!look_up(room) || write.offset == 0 || write.offset > kMaxOffset) return Status::kUnavailable;
  if (filed.id == 0) {
    if (filed.expected != 0 && write.offset != filed.expected) return Status::kUnavailable;
    if (!start(room, texts.epoch, write.offset - 1, run_.number, keep_ms_of(write.limits))) return Status::kUnavailable;
  } else if (filed.epoch != texts.epoch) {
    // The room has begun anew, for example because a broker says so.
    if (!start(room, texts.epoch, write.offset - 1, run_.number, keep_ms_of(write.limits))) return Status::kUnavailable;
  } else if (write.offset != filed.last + 1) {
    return Status::kUnavailable;
  } else if (filed.run != run_.number || filed.keep_ms != keep_ms_of(write.limits)) {
    mark(filed, run_.number, write.limits);
  }
  if (!insert(filed, write, texts)) return Status::kUnavailable;
  if (!texts.key.empty()) insert_record(room, write, texts);
  touched.limits = write.limits;
  touched.trims = true;
  ++touched.appended;
  return Status::kOk;
}

Status RoomWrites::forget(const Write& write, const WriteTexts&) {
  RoomEntry& room = *write.room;
  touch(room);
  if (!look_up(room)) return Status::kUnavailable;
  FiledRoom& filed = room.filed;
  if (filed.id == 0 || filed.empty()) return Status::kOk;
  std::string epoch = filed.epoch;
  counts_.trimmed += filed.last - filed.first + 1;
  if (!start(room, epoch, filed.last, run_.number, filed.keep_ms)) return Status::kUnavailable;
  trimmed_.push_back({room.name, filed.first});
  return Status::kOk;
}

Status RoomWrites::begin_room(const Write& write, const WriteTexts& texts) {
  RoomEntry& room = *write.room;
  Touched& touched = touch(room);
  if (!look_up(room)) return Status::kUnavailable;
  FiledRoom& filed = room.filed;
  if (filed.id == 0) {
    if (!start(room, texts.epoch, 0, 0, keep_ms_of(write.limits))) return Status::kUnavailable;
  } else {
    if (is_lost(filed.run)) {
      filed.epoch = texts.epoch;
      filed.run = 0;
    }
    mark(filed, filed.run, write.limits);
  }
  touched.limits = write.limits;
  touched.trims = true;
  return Status::kOk;
}

// Saves what is known of the room, so that it can be undone.
RoomWrites::Touched& RoomWrites::touch(RoomEntry& room) {
  current_ = &room;
  if (room.transaction != transaction_) {
    touched_.push_back({&room, room.filed});
    room.transaction = transaction_;
    room.place = touched_.size() - 1;
  }
  return touched_[room.place];
}

// Reads what the file has of the room. Returns false if that makes no sense.
bool RoomWrites::look_up(RoomEntry& room) {
  FiledRoom& filed = room.filed;
  if (filed.damaged) return false;
  if (filed.known && filed.rows_seen == rows_seen_) {
    if (filed.id == 0 || filed.firsts_seen == firsts_seen_ || filed.empty()) return true;
    if (look_up_first(filed)) return true;
    damage(room);
    return false;
  }
  uint64_t expected = filed.expected;
  filed = {};
  filed.expected = expected;
  filed.known = true;
  filed.rows_seen = rows_seen_;
  {
    Statement::Rows rows = find_room_.with(std::string_view(room.name));
    if (!rows.next()) return true;
    filed.id = rows.number(0);
    filed.epoch = rows.bytes(1);
    filed.expected = 0;
    filed.last = static_cast<uint64_t>(rows.number(2));
    filed.run = rows.number(3);
    filed.keep_ms = rows.number(4);
  }
  if (filed.id < 1 || filed.id > kMaxRoom || filed.last > kMaxOffset) {
    damage(room);
    return false;
  }
  look_up_messages(filed);
  if (filed.damaged) damage(room);
  return !filed.damaged;
}

void RoomWrites::look_up_messages(FiledRoom& filed) {
  {
    Statement::Rows rows = last_message_.with(row_id(filed.id, 0), row_id(filed.id, kMaxOffset));
    if (!rows.next()) {
      filed.first = filed.last + 1;
      filed.total = filed.total_before = 0;
      return;
    }
    MessageRow row;
    uint64_t offset = offset_of(rows.number(0));
    // The room's row may be older than its last message, but never newer.
    if (offset < filed.last || offset == 0) {
      filed.damaged = true;
      return;
    }
    filed.last = offset;
    if (!unpack_row(rows.number(0), rows.bytes(1), row)) {
      // Nobody knows how many bytes the room has. It goes on behind this message.
      filed.first = offset + 1;
      filed.total = filed.total_before = 0;
      filed.firsts_seen = firsts_seen_;
      return;
    }
    filed.total = row.total;
  }
  if (!look_up_first(filed)) filed.damaged = true;
}

// Returns false if the row makes no sense.
bool RoomWrites::look_up_first(FiledRoom& filed) {
  filed.firsts_seen = firsts_seen_;
  Statement::Rows rows = first_message_.with(row_id(filed.id, 0), row_id(filed.id, kMaxOffset));
  if (!rows.next()) {
    filed.first = filed.last + 1;
    filed.total_before = filed.total;
    return true;
  }
  MessageRow row;
  filed.first = offset_of(rows.number(0));
  filed.total_before = filed.total;
  filed.first_at = 0;
  // A damaged one is too old: the next message removes it.
  if (!unpack_row(rows.number(0), rows.bytes(1), row)) return filed.first <= filed.last;
  filed.total_before = row.total - counted_bytes(row.message);
  filed.first_at = row.at;
  return filed.first <= filed.last;
}

// The room begins, or begins anew: with no messages, under an id that has none.
bool RoomWrites::start(RoomEntry& room, std::string_view epoch, uint64_t last, int64_t run, int64_t keep_ms) {
  FiledRoom& filed = room.filed;
  int64_t id = ids_.next();
  if (id == 0) return false;
  auto offset = static_cast<int64_t>(last);
  if (filed.id == 0)
    insert_room_.execute(id, std::string_view(room.name), epoch, offset, run, now_ / 1000, keep_ms);
  else
    restart_room_.execute(id, epoch, offset, run, now_ / 1000, keep_ms, filed.id);
  filed.id = id;
  filed.epoch = epoch;
  filed.run = run;
  filed.keep_ms = keep_ms;
  filed.last = last;
  filed.first = last + 1;
  filed.total = filed.total_before = 0;
  filed.expected = 0;
  return !database_.failed();
}

// Writes the room's row again.
void RoomWrites::mark(FiledRoom& filed, int64_t run, const HistoryLimits& limits) {
  filed.run = run;
  filed.keep_ms = keep_ms_of(limits);
  mark_room_.execute(std::string_view(filed.epoch), static_cast<int64_t>(filed.last), filed.run, now_ / 1000,
                     filed.keep_ms, filed.id);
}

bool RoomWrites::insert(FiledRoom& filed, const Write& write, const WriteTexts& texts) {
  MessageRow row;
  row.message = {texts.payload, write.format,  texts.publisher,     texts.tags, false,
                 write.unix_ms, write.version, texts.version_epoch, {}};
  row.at = now_;
  uint64_t bytes = counted_bytes(row.message);
  row.total = filed.total + bytes;
  int64_t id = row_id(filed.id, write.offset);
  pack_row(id, row, row_);
  if (!insert_message_.execute(id, Blob{row_})) return false;
  last_id_ = id;
  if (filed.empty()) {
    filed.first_at = now_;
    filed.total_before = filed.total;
    filed.firsts_seen = firsts_seen_;
  }
  filed.total = row.total;
  filed.last = write.offset;
  ++counts_.messages;
  counts_.bytes += bytes;
  return true;
}

void RoomWrites::insert_record(const RoomEntry& room, const Write& write, const WriteTexts& texts) {
  std::string key = room.name + "/" + std::string(texts.key);
  std::string value = std::to_string(write.offset) + " " + std::string(texts.epoch);
  insert_record_.execute(static_cast<int64_t>(Records::Kind::kPublication), std::string_view(key),
                         std::string_view(value), now_ + kKeyMilliseconds);
}

void RoomWrites::trim() {
  for (const Touched& touched : touched_) {
    if (!touched.trims || touched.room->filed.damaged) continue;
    current_ = touched.room;
    trim(touched);
    if (database_.failed()) return;
  }
  current_ = nullptr;
}

void RoomWrites::trim(const Touched& touched) {
  FiledRoom& filed = touched.room->filed;
  uint64_t before = filed.first;
  uint64_t first = first_to_keep(filed, touched.limits, kMostDeleted + 2 * touched.appended);
  if (first == before) return;
  delete_messages_.execute(row_id(filed.id, before), row_id(filed.id, first - 1));
  filed.first = first;
  // Without messages only the room's row knows the position.
  if (filed.empty()) empty_room_.execute(static_cast<int64_t>(filed.last), now_ / 1000, filed.id);
  counts_.trimmed += first - before;
  trimmed_.push_back({touched.room->name, first});
}

// Returns the offset of the oldest message within the limits, or an earlier one if more than `most` would have to go.
uint64_t RoomWrites::first_to_keep(FiledRoom& filed, const HistoryLimits& limits, uint64_t most) {
  uint64_t end = std::min(filed.last + 1, filed.first + most);
  uint64_t first = filed.first;
  if (filed.last - filed.first + 1 > limits.messages) first = std::min(end, filed.last + 1 - limits.messages);
  auto beyond = [&](uint64_t total_before, int64_t at) {
    return filed.total - total_before > limits.bytes || now_ - at > keep_ms_of(limits);
  };
  if (first == filed.first && !beyond(filed.total_before, filed.first_at)) return first;
  uint64_t from = first > filed.first ? first - 1 : first;
  Statement::Rows rows = messages_.with(row_id(filed.id, from), row_id(filed.id, filed.last));
  while (rows.next()) {
    MessageRow row;
    uint64_t offset = offset_of(rows.number(0));
    if (!unpack_row(rows.number(0), rows.bytes(1), row)) {
      first = std::max(first, offset + 1);
      continue;
    }
    uint64_t total_before = row.total - counted_bytes(row.message);
    if (offset >= first && (offset >= end || !beyond(total_before, row.at))) {
      filed.first_at = row.at;
      filed.total_before = total_before;
      return offset;
    }
    first = std::max(first, offset + 1);
    filed.total_before = row.total;
  }
  return first;
}

bool RoomWrites::is_lost(int64_t run) const {
  return std::find(run_.lost.begin(), run_.lost.end(), run) != run_.lost.end();
}

void RoomWrites::damage(RoomEntry& room) {
  room.filed.damaged = true;
  damaged_.push_back(room.name);
}

}  // namespace lws_chat
