#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/ending.h"
#include "sqlite/database.h"
#include "sqlite/filed_room.h"
#include "sqlite/message_row.h"
#include "sqlite/room_ids.h"
#include "sqlite/run.h"
#include "sqlite/writes.h"

namespace lws_chat {

// The writer's work on rooms and their messages, inside its transactions. Every function says kUnavailable if it
// refuses one write; if the whole transaction has failed, the database knows.
class RoomWrites {
 public:
  struct Counts {
    uint64_t messages = 0;
    uint64_t bytes = 0;
    uint64_t trimmed = 0;
  };

  RoomWrites(Database& database, const Run& run, RoomIds& ids);

  // Returns true if the transaction with this write has to be on the disk when it is committed, whatever storage-sync
  // says: it marks a room with the run, or promises that something is gone for good.
  bool needs_sync(const Write& write) const;

  // A transaction begins, at this time.
  void begin(int64_t unix_ms);
  Status append(const Write& write, const WriteTexts& texts);
  Status forget(const Write& write, const WriteTexts& texts);
  Status begin_room(const Write& write, const WriteTexts& texts);
  // Removes messages beyond the limits from the rooms that were written.
  void trim();

  // The transaction was committed.
  void committed() {
    touched_.clear();
    current_ = nullptr;
  }

  // Of the last transaction.
  const std::vector<Trimmed>& trimmed() const { return trimmed_; }
  std::vector<Trimmed> take_trimmed() { return std::exchange(trimmed_, {}); }
  const Counts& counts() const { return counts_; }

  // The transaction has failed: nothing of it is in the file.
  void undo();

  // This message was refused, alone or with its transaction. If the file does not know the room, nothing else tells
  // that the messages behind it must not come first.
  static void refused(const Write& write);

  // Rows were changed behind the back of these: rooms, or the oldest messages of rooms.
  void rows_changed() { ++rows_seen_; }
  void firsts_changed() { ++firsts_seen_; }

  // Names of rooms that were found damaged since the last call. Nothing is written to them until they are forgotten
  // by the loop.
  // The message that this transaction has written last: its id, 0 if there is none, and its bytes.
  int64_t last_id() const { return last_id_; }
  const std::string& last_row() const { return row_; }

  std::vector<std::string> take_damaged() { return std::exchange(damaged_, {}); }

 private:
  struct Touched {
    RoomEntry* room;
    FiledRoom before;
    HistoryLimits limits{};
    uint64_t appended = 0;  // messages
    bool trims = false;     // the limits are known
  };

  Touched& touch(RoomEntry& room);
  bool look_up(RoomEntry& room);
  void look_up_messages(FiledRoom& filed);
  bool look_up_first(FiledRoom& filed);
  bool start(RoomEntry& room, std::string_view epoch, uint64_t last, int64_t run, int64_t keep_ms);
  void mark(FiledRoom& filed, int64_t run, const HistoryLimits& limits);
  bool insert(FiledRoom& filed, const Write& write, const WriteTexts& texts);
  void insert_record(const RoomEntry& room, const Write& write, const WriteTexts& texts);
  void trim(const Touched& touched);
  uint64_t first_to_keep(FiledRoom& filed, const HistoryLimits& limits, uint64_t most);
  bool is_lost(int64_t run) const;
  void damage(RoomEntry& room);

  Database& database_;
  const Run& run_;
  RoomIds& ids_;
  Statement find_room_, first_message_, last_message_, insert_room_, restart_room_, mark_room_, empty_room_,
      insert_message_, insert_record_, messages_, delete_messages_;
  std::vector<Touched> touched_;
  std::vector<Trimmed> trimmed_;
  std::vector<std::string> damaged_;
  Counts counts_;
  std::string row_;      // scratch: the last message that was written
  int64_t last_id_ = 0;  // its id, if it is of this transaction
  int64_t now_ = 0;
  uint64_t transaction_ = 0;
  RoomEntry* current_ = nullptr;  // the room that is worked on
  uint64_t rows_seen_ = 0;
  uint64_t firsts_seen_ = 0;
};

}  // namespace lws_chat
