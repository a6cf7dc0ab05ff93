#include "sqlite/removal.h"

#include "sqlite/message_row.h"

namespace lws_chat {

Removal::Removal(Database& database)
    : oldest_(database, "SELECT id, bytes FROM messages WHERE id >= ? ORDER BY id LIMIT 1"),
      messages_(database, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id"),
      delete_(database, "DELETE FROM messages WHERE id BETWEEN ? AND ?"),
      name_(database, "SELECT name FROM rooms WHERE id = ?"),
      last_left_(database, "SELECT max(id) FROM messages WHERE id BETWEEN ? AND ?"),
      set_last_(database, "UPDATE rooms SET last = ?, touched = ? WHERE id = ?") {}

Removal::Oldest Removal::oldest_from(int64_t room) {
  Oldest oldest;
  if (room > kMaxRoom) return oldest;
  Statement::Rows rows = oldest_.with(row_id(room, 0));
  if (!rows.next()) return oldest;
  MessageRow row;
  oldest.room = room_of(rows.number(0));
  oldest.damaged = !unpack_row(rows.number(0), rows.bytes(1), row);
  oldest.at = row.at;
  return oldest;
}

uint64_t Removal::remove_before(int64_t room, int64_t time, uint64_t most, int64_t unix_ms,
                                std::vector<Trimmed>& trimmed) {
  uint64_t begin = 0;
  uint64_t end = 0;
  uint64_t count = 0;
  {
    Statement::Rows rows = messages_.with(row_id(room, 0), row_id(room, kMaxOffset));
    while (count < most && rows.next()) {
      MessageRow row;
      if (!unpack_row(rows.number(0), rows.bytes(1), row) || row.at >= time) break;
      if (count++ == 0) begin = offset_of(rows.number(0));
      end = offset_of(rows.number(0));
    }
  }
  if (count == 0) return 0;
  delete_.execute(row_id(room, begin), row_id(room, end));
  bool empty = false;
  {
    Statement::Rows rows = last_left_.with(row_id(room, 0), row_id(room, kMaxOffset));
    empty = rows.next() && rows.is_null(0);
  }
  // Without messages only the room's row knows the position.
  if (empty) set_last_.execute(static_cast<int64_t>(end), unix_ms / 1000, room);
  Statement::Rows names = name_.with(room);
  if (names.next()) trimmed.push_back({std::string(names.bytes(0)), end + 1});
  return count;
}

uint64_t Removal::remove_orphans(int64_t room, uint64_t most) {
  uint64_t begin = 0;
  {
    Statement::Rows rows = oldest_.with(row_id(room, 0));
    if (!rows.next() || room_of(rows.number(0)) != room) return 0;
    begin = offset_of(rows.number(0));
  }
  uint64_t end = begin + most - 1;
  delete_.execute(row_id(room, begin), row_id(room, end > kMaxOffset ? kMaxOffset : end));
  return static_cast<uint64_t>(delete_.changes());
}

}  // namespace lws_chat
