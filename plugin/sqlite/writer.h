#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/store_counters.h"
#include "sqlite/checkpointer.h"
#include "sqlite/database.h"
#include "sqlite/file_place.h"
#include "sqlite/log_tail.h"
#include "sqlite/room_writes.h"
#include "sqlite/run.h"
#include "sqlite/store.h"
#include "sqlite/upkeep.h"
#include "sqlite/writes.h"

namespace lws_chat {

// The thread that writes. Only the constructor and destructor, put() and take_finished() are for other threads.
class Writer {
 public:
  using Event = StoreSettings::Event;

  // What the loop hears of the writer's work.
  struct Finished {
    std::vector<std::unique_ptr<Batch>> batches{};
    std::vector<Trimmed> trimmed{};
    std::vector<std::pair<Event, std::string>> events{};
    StoreCounters counters;  // those that the writer knows
  };

  // Takes over an open database whose run has begun. `file` is its path, without symbolic links.
  Writer(const std::string& file, std::unique_ptr<Database> database, const StoreSettings& settings, Run run,
         FileLock& lock, Checkpointer& checkpointer);

  // Starts the thread. Returns the problem, or nothing. Throws std::system_error if there is no thread.
  std::string start();

  // Writes what was put, and ends the run.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(std::unique_ptr<Batch> batch);
  void take_finished(Finished& finished);

 private:
  using Batches = std::vector<std::unique_ptr<Batch>>;
  struct Record {
    std::string value;
    int64_t until;
    bool dropped;
  };

  void run();
  bool take(Batches& batches);
  void write(Batches& batches);
  bool transaction(Batches& batches);
  bool in_place();
  void execute(Batch& batch, Write& write);
  void write_record(Records::Kind kind, std::string_view key, std::string_view value, int64_t until, bool dropped);
  void write_late_records();
  void fail(Batches& batches);
  void keep_for_later(const Batch& batch, const Write& write);
  void set_sync(bool full);
  void maintain(size_t messages);
  void probe();
  void tell(Event event, const std::string& line);
  void failing(const std::string& line);
  void works();
  void hand_over(Batches& batches);
  void end();

  const StoreSettings& settings_;
  Run run_;
  std::unique_ptr<Database> database_;
  FileLock& lock_file_;
  LogTail log_;
  const FilePlace place_;
  RoomIds ids_;
  RoomWrites rooms_;
  Upkeep upkeep_;
  Statement begin_, commit_, keep_record_, drop_record_;
  std::map<std::pair<Records::Kind, std::string>, Record> late_records_;  // of transactions that failed
  size_t late_bytes_ = 0;
  bool synced_ = false;  // what "synchronous" is set to
  std::chrono::steady_clock::time_point next_tick_;
  bool committing_ = false;
  bool upkeep_failed_ = false;
  bool told_failing_ = false;
  std::chrono::steady_clock::time_point failed_at_;  // the last time
  std::vector<Trimmed> trimmed_;
  std::vector<std::pair<Event, std::string>> events_;
  StoreCounters counters_;

  std::mutex lock_;
  std::condition_variable arrives_;
  Batches arrived_;        // guarded by lock_
  Finished finished_;      // guarded by lock_
  bool woken_ = false;     // guarded by lock_: wake was called, and nothing was taken since
  bool stopping_ = false;  // guarded by lock_

  std::thread thread_;  // the last member: it uses all others
};

}  // namespace lws_chat
