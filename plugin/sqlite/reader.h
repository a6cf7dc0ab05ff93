#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sqlite/database.h"
#include "sqlite/read_request.h"
#include "sqlite/run.h"
#include "sqlite/store.h"

namespace lws_chat {

// The thread that restores rooms and reads pages. Only the constructor and destructor, put() and take_finished() are
// for other threads.
class Reader {
 public:
  using Requests = std::deque<std::unique_ptr<ReadRequest>>;

  Reader(std::unique_ptr<Database> database, const StoreSettings& settings, Run run);

  // Starts the thread. Returns the problem, or nothing. Throws std::system_error if there is no thread.
  std::string start();

  // Drops what was not read.
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void put(std::unique_ptr<ReadRequest> request);
  Requests take_finished();

 private:
  struct Room {
    int64_t id = 0;  // 0: the file does not have it
    std::string epoch{};
    int64_t run = 0;
    int64_t keep_ms = 0;
    int64_t touched = 0;
    uint64_t first = 1;
    uint64_t last = 0;
  };

  void run();
  void serve(ReadRequest& request);
  void read(ReadRequest& request);
  bool find(std::string_view name, Room& room);
  struct MessageTotals {
    uint64_t before;  // MessageRow::total before the message
    uint64_t with;
  };

  void restore(const Room& room, ReadRequest& request);
  uint64_t first_within(const Room& room, ReadRequest& request);
  std::optional<MessageTotals> totals_of(const Room& room, uint64_t offset);
  void read_page(const Room& room, ReadRequest& request);
  uint64_t read_whole(const Room& room, ReadRequest& request);
  uint64_t readable_from(const Room& room, uint64_t from);
  bool go_on_behind_damage(ReadRequest& request, uint64_t offset);

  const StoreSettings& settings_;
  const Run run_;
  std::unique_ptr<Database> database_;
  Statement begin_, end_, find_room_, first_id_, last_id_, forwards_, backwards_;

  std::mutex lock_;
  std::condition_variable arrives_;
  Requests arrived_;       // guarded by lock_
  Requests finished_;      // guarded by lock_
  bool woken_ = false;     // guarded by lock_
  bool stopping_ = false;  // guarded by lock_

  std::thread thread_;  // the last member: it uses all others
};

}  // namespace lws_chat
