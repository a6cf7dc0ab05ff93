#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/records.h"
#include "core/settings.h"
#include "sqlite/filed_room.h"

// What goes from the event loop to the writer's thread, and comes back with answers.
namespace lws_chat {

struct ReadRequest;

// A room that was used lately. The loop owns it, and keeps it while something is under way for the room.
struct RoomEntry {
  explicit RoomEntry(std::string_view of) : name(of) {}

  const std::string name;

  // Of the loop's thread:
  size_t under_way = 0;     // writes and reads
  uint64_t last_batch = 0;  // the batch with the last write
  bool seen_damaged = false;

  // Of the writer's thread:
  FiledRoom filed;
  uint64_t transaction = 0;  // the last one that touched it
  size_t place = 0;          // in that transaction
};

struct Write {
  enum class Kind : uint8_t { kAppend, kForget, kBegin, kKeep, kDrop };

  Kind kind = Kind::kAppend;
  Format format = Format::kText;
  Records::Kind record = Records::Kind::kPublication;
  Status status = Status::kOk;  // the answer
  RoomEntry* room = nullptr;    // nullptr: a record
  HistoryLimits limits{};
  uint64_t offset = 0;
  int64_t unix_ms = 0;  // of a message; of a record: until when
  uint64_t version = 0;
  // Sizes of the texts, which lie in the batch behind each other, from this place on.
  size_t place = 0;
  uint32_t epoch = 0;
  uint32_t payload = 0;  // of a record: its value
  uint32_t publisher = 0;
  uint32_t tags = 0;
  uint32_t version_epoch = 0;
  uint32_t key = 0;
  std::optional<Promise<Status>> promise{};  // only the loop touches it
  std::unique_ptr<ReadRequest> restore{};    // kBegin: who waits for it
};

// The texts of a write.
struct WriteTexts {
  std::string_view epoch, payload, publisher, tags, version_epoch, key;
};

// Everything that was to be written in one turn of the loop.
struct Batch {
  Batch();
  ~Batch();

  uint64_t number = 0;
  size_t messages = 0;
  std::string bytes;
  std::vector<Write> writes;

  // Memory, about.
  size_t size() const { return bytes.size() + writes.size() * sizeof(Write); }

  // Copies the texts.
  void add(Write write, const WriteTexts& texts);
  WriteTexts texts(const Write& write) const;
};

}  // namespace lws_chat
