#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/removal.h"

namespace lws_chat {

// Keeps the file within storage-max: the oldest messages of all rooms go first, a few at a time.
//
// No index tells which room has the oldest message. When the file is nearly full, a walk through all rooms finds the
// rooms with the oldest ones. They are good for long; then there is another walk.
class Space {
 public:
  Space(Database& database, Removal& removal, uint64_t max_bytes);

  // Looks how full the file is.
  void measure();

  // Returns true if there should be a step.
  bool needs_step() const { return used_ > nearly_full_; }
  bool needs_room() const { return used_ > most_; }

  // Removes at most so many messages, in the writer's transaction. Returns how many it has removed.
  uint64_t step(uint64_t most, int64_t unix_ms, std::vector<Trimmed>& trimmed);

  // Gives pages that are not used back to the system, a few. Not inside a transaction.
  void shrink();

  // Lets the file grow a little further, for the step itself. Not inside a transaction.
  void set_hard_limit(bool relaxed);

  uint64_t pages() const { return pages_; }

  // The transaction of the step has failed.
  void undo();

 private:
  using Room = std::pair<int64_t, int64_t>;  // time of the oldest message, id

  void look_for_oldest(int64_t unix_ms);
  uint64_t remove_oldest(uint64_t most, int64_t unix_ms, std::vector<Trimmed>& trimmed);

  Database& database_;
  Removal& removal_;
  Statement page_count_, free_count_;
  uint64_t most_;         // pages
  uint64_t nearly_full_;  // pages
  uint64_t enough_;       // pages: when steps end
  uint64_t hard_;         // pages
  uint64_t pages_ = 0;
  uint64_t used_ = 0;
  bool removing_ = false;

  std::vector<Room> oldest_;  // a heap: the oldest first
  int64_t next_ = 0;          // the walk goes on here
  bool walking_ = false;
  int64_t known_until_ = 0;  // all older messages are in the heap's rooms
};

}  // namespace lws_chat
