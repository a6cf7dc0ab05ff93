#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/journal.h"
#include "core/records.h"
#include "core/store_counters.h"
#include "sqlite/file_rules.h"

// Durable rooms in a file of SQLite. README.md tells how it works.
namespace lws_chat {

class Checkpointer;
class FileLock;
class Reader;
class Writer;
struct Batch;
struct ReadRequest;
struct RoomEntry;
struct StoreFile;
struct Write;
struct WriteTexts;

struct StoreSettings {
  // What the store tells in the log.
  enum class Event : uint8_t {
    kFails,       // nothing can be written; it tries again with every message
    kWorksAgain,  // after kFails
    kNotice,      // the file is new; rooms begin a new epoch, because their last messages may be gone; records are gone
    kDamaged      // a room, or records, cannot be read
  };

  std::string path;
  bool full_sync = false;                    // each transaction is on the disk before it counts
  uint64_t max_bytes = uint64_t{1} << 30;    // of the file, without its write-ahead log
  uint64_t max_queue = uint64_t{64} << 20;   // bytes that may wait to be written
  std::chrono::milliseconds patience{5000};  // with a disk that does not answer

  // Asks for deliver() on the loop. Called on any thread, the loop's among them.
  std::function<void()> wake{};

  // Tells of an event, in deliver(). The line has no file name in it.
  std::function<void(Event event, const std::string& line)> report{};

  // Wall time; called on any thread. Empty: the system's clock.
  std::function<int64_t()> unix_ms{};

  FileRules rules{};

  // For tests: the kernel's name of this boot, and SQLite's view of the operating system. Empty: the real ones.
  std::string boot{};
  std::string vfs{};
};

class SqliteStore final : public Journal, public Records {
 public:
  // Opens the file, and makes it if it is not there. Returns nullptr if it cannot, and the problem as one line: file,
  // what is wrong, remedy. Waits for the disk.
  static std::unique_ptr<SqliteStore> open(const StoreSettings& settings, std::string& problem);

  // Writes what waits, and ends the threads. Promises that are not kept by then never are.
  ~SqliteStore() override;

  Deferred<Status> append(std::string_view room, const HistoryLimits& limits, const Position& position,
                          const Message& message) override;
  Deferred<Status> forget(std::string_view room) override;
  Deferred<Restored> restore(std::string_view room, const RoomSettings& settings, std::string_view new_epoch,
                             Journal::Take take) override;
  Deferred<Page> read(std::string_view room, const HistoryLimits& limits, uint64_t from, size_t messages,
                      size_t bytes) override;

  Deferred<Status> keep(Kind kind, std::string_view key, std::string_view value, int64_t until) override;
  void drop(Kind kind, std::string_view key) override;
  void load(Kind kind, const Records::Take& take) override;

  // Hands what was queued in this turn to the writer, and keeps the promises of what is done. To be called on the loop
  // after each wake().
  void deliver();

  // Returns true if something waits to be written.
  bool waits() const;

  // To be called now and then while something waits: finds out whether the disk answers. While it does not, nothing
  // more is taken, so that publishers hear of it.
  void watch();

  // Valid until the next deliver().
  const StoreCounters& counters() const { return counters_; }

 private:
  using Entries = std::list<RoomEntry>;

  SqliteStore(StoreSettings settings, StoreFile file);
  std::string start();

  RoomEntry& entry(std::string_view room);
  void forget_idle_entry();
  Deferred<Status> queue_for(std::string_view room, Write write, const WriteTexts& texts);
  bool queue(Write write, const WriteTexts& texts);
  void queue_touch(const ReadRequest& request);
  void hand_over();
  void finish(Batch& batch);
  void ask(std::unique_ptr<ReadRequest> request);
  void release_held();
  void finish(std::unique_ptr<ReadRequest> request);
  void begin_room(std::unique_ptr<ReadRequest> request);
  void go_on(std::unique_ptr<ReadRequest> request, Status begun);
  void note_failure(const ReadRequest& request);
  void count();
  void note_progress(bool made);

  const StoreSettings settings_;
  const std::string file_;  // without symbolic links
  std::unique_ptr<FileLock> lock_;
  StoreCounters counters_;

  Entries entries_;  // lately used first
  std::unordered_map<std::string_view, Entries::iterator> by_name_;

  std::chrono::steady_clock::time_point progress_at_;  // when something was written, or the first of what waits came
  bool stalled_ = false;                               // nothing has been written for too long
  std::unique_ptr<Batch> batch_;                       // what this turn has queued
  uint64_t handed_over_ = 0;                           // number of the last batch that the writer got
  uint64_t written_ = 0;                               // number of the last batch that came back
  size_t queue_messages_ = 0;                          // of batches that the writer has
  size_t queue_bytes_ = 0;
  std::vector<std::unique_ptr<ReadRequest>> held_;  // for a batch to be written
  bool woken_ = false;                              // wake() was called for batch_

  uint64_t restored_ = 0;
  uint64_t refused_ = 0;
  uint64_t reads_ = 0;
  uint64_t read_failures_ = 0;
  uint64_t dropped_records_ = 0;
  uint64_t told_dropped_ = 0;

  // Behind everything that they use.
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace lws_chat
