#pragma once

#include <cstdint>
#include <string>

namespace lws_chat {

// What the writer knows about a room in the file. It is read when it is first needed, and goes back to what it was if a
// transaction fails.
struct FiledRoom {
  bool known = false;  // the rest was read
  bool damaged = false;
  int64_t id = 0;  // 0: the file does not have the room
  std::string epoch{};
  int64_t run = 0;      // that wrote the room last
  int64_t keep_ms = 0;  // age at which the sweep removes messages
  uint64_t first = 1;   // offset of the oldest message; last + 1: there is none
  uint64_t last = 0;
  uint64_t total_before = 0;  // MessageRow::total before the oldest message
  uint64_t total = 0;         // MessageRow::total of the last message
  int64_t first_at = 0;       // MessageRow::at of the oldest message
  uint64_t expected =
      0;  // of a message that was refused, if the file does not have the room: only this one may come; 0: any
  uint64_t rows_seen = 0;  // see RoomWrites::rows_changed()
  uint64_t firsts_seen = 0;

  bool empty() const { return first > last; }
};

// Messages of a room were removed: now the oldest one is this.
struct Trimmed {
  std::string room;
  uint64_t first;
};

}  // namespace lws_chat
