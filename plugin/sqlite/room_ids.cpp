#include "sqlite/room_ids.h"

#include <algorithm>

#include "sqlite/message_row.h"

namespace lws_chat {
namespace {

constexpr int kMostTries = 1000;

}  // namespace

RoomIds::RoomIds(Database& database)
    : database_(database),
      used_(database,
            "SELECT EXISTS(SELECT 1 FROM rooms WHERE id = ?1) OR EXISTS(SELECT 1 FROM messages WHERE id BETWEEN ?2 AND "
            "?3)"),
      next_(std::max(database.number("SELECT max(id) FROM rooms"),
                     room_of(database.number("SELECT max(id) FROM messages"))) +
            1) {
  if (next_ < 1) next_ = 1;
}

int64_t RoomIds::next() {
  for (int tries = 0; tries < kMostTries && !database_.failed(); ++tries) {
    // After the last one come those that are free again.
    if (next_ > kMaxRoom) next_ = 1;
    int64_t id = next_++;
    if (is_free(id)) return id;
  }
  return 0;
}

bool RoomIds::is_free(int64_t id) {
  Statement::Rows rows = used_.with(id, row_id(id, 0), row_id(id, kMaxOffset));
  return rows.next() && rows.number(0) == 0;
}

}  // namespace lws_chat
