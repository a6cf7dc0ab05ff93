#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/run_note.h"

namespace lws_chat {

// Copies what can be read of a damaged file to a new one. A message is copied only if it is whole, see MessageRow.
class Salvage {
 public:
  // `from` may be nullptr: nothing can be read. `note` is that of its last run.
  Salvage(Database* from, const std::optional<RunNote>& note, Database& to) : from_(from), note_(note), to_(to) {}

  // Failures of `to` stay there.
  void run();

  uint64_t rooms() const { return rooms_; }
  uint64_t messages() const { return messages_; }
  uint64_t records() const { return records_; }
  uint64_t torn() const { return torn_; }  // rooms with a new epoch

 private:
  struct Room {
    int64_t id = 0;
    std::string name{};
    std::string epoch{};
    uint64_t last = 0;
    int64_t run = 0;
    int64_t touched = 0;
    int64_t keep_ms = 0;
  };

  void read_run();
  void copy_rooms();
  void copy_room(Room room);
  bool copy_messages(Room& room);
  bool find_messages(const Room& room, std::vector<uint64_t>& good);
  void copy_records(bool forwards);
  void step();

  Database* from_;
  const std::optional<RunNote> note_;
  Database& to_;
  std::vector<int64_t> lost_;  // runs whose rooms may lack their last messages
  bool all_lost_ = false;      // it is not known which
  uint64_t rooms_ = 0;
  uint64_t messages_ = 0;
  uint64_t records_ = 0;
  uint64_t torn_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace lws_chat
