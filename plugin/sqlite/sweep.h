#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/removal.h"
#include "sqlite/run.h"

namespace lws_chat {

// Walks through the whole file in small steps, over and over, and removes what is over: old messages, messages that
// belong to no room, records, and rooms that are empty and were not used for long.
class Sweep {
 public:
  struct Done {
    uint64_t messages = 0;
    uint64_t rooms = 0;
    std::vector<Trimmed> trimmed{};
  };

  Sweep(Database& database, Removal& removal, const Run& run);

  // Takes a step, in the writer's transaction. In need of room, empty rooms go sooner.
  Done step(int64_t unix_ms, bool need_room);

  // The transaction of the step has failed.
  void undo();

  // Returns true if the last walk through everything found nothing to do.
  bool is_idle() const { return idle_; }

 private:
  void step_messages(int64_t unix_ms, Done& done);
  bool sweep_room(const Removal::Oldest& oldest, int64_t unix_ms, Done& done);
  void step_rooms(int64_t unix_ms, bool need_room, Done& done);
  void give_new_epoch(int64_t room);
  void step_records(int64_t unix_ms);
  void end_walk();

  Database& database_;
  Removal& removal_;
  const Run& run_;
  Statement keep_ms_, rooms_, has_messages_, drop_room_, new_epoch_, records_, drop_record_, forget_lost_;
  int64_t next_messages_ = 0;  // the walks go on here
  int64_t next_room_ = 0;
  int64_t next_kind_ = 0;
  std::string next_key_;
  bool rooms_walked_ = false;  // from the first to the last, in this run
  bool busy_ = false;          // this walk found something
  bool idle_ = false;
};

}  // namespace lws_chat
