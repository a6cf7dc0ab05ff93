#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sqlite/database.h"

namespace lws_chat {

// Copies what can be read of a damaged file to a new one. A message is copied only if it is whole, see MessageRow, and
// all messages behind it are.
class Salvage {
 public:
  // `from` may be nullptr: nothing can be read.
  Salvage(Database* from, Database& to) : from_(from), to_(to) {}

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
  uint64_t first_whole(const Room& room, uint64_t& last, bool& whole);
  void copy_records(bool forwards);
  void step();

  Database* from_;
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
