#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "sqlite/database.h"

namespace lws_chat {

// The thread that brings what was committed from the write-ahead log into the database, while the writer goes on: it is
// this that waits for the disk, also with storage-sync normal.
class Checkpointer {
 public:
  explicit Checkpointer(std::unique_ptr<Database> database);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Asks for a checkpoint, from any thread. Does nothing after stop().
  void start_one();

  // Ends the thread.
  void stop();

 private:
  void run();

  std::unique_ptr<Database> database_;
  std::mutex lock_;
  std::condition_variable asked_;
  bool wanted_ = false;    // guarded by lock_
  bool stopping_ = false;  // guarded by lock_
  std::thread thread_;     // the last member: it uses all others
};

}  // namespace lws_chat
