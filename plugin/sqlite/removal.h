#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/filed_room.h"

namespace lws_chat {

// Removes the oldest messages of rooms, in the writer's transactions.
class Removal {
 public:
  struct Oldest {
    int64_t room = 0;  // its id; 0: there is none
    int64_t at = 0;    // when the message came
    bool damaged = false;
  };

  explicit Removal(Database& database);

  // Finds the first room with messages whose id is this or more, and its oldest message.
  Oldest oldest_from(int64_t room);

  // Removes messages that came before this time, but at most so many. Returns how many; adds to `trimmed` if the room
  // is known.
  uint64_t remove_before(int64_t room, int64_t time, uint64_t most, int64_t unix_ms, std::vector<Trimmed>& trimmed);

  // Removes messages that belong to no room.
  uint64_t remove_orphans(int64_t room, uint64_t most);

 private:
  Statement oldest_, messages_, delete_, name_, last_left_, set_last_;
};

}  // namespace lws_chat
