#include "sqlite/checkpointer.h"

#include <utility>

#include "sqlite/thread.h"

namespace lws_chat {

Checkpointer::Checkpointer(std::unique_ptr<Database> database) : database_(std::move(database)) {
  thread_ = start_thread([this] { run(); });
}

Checkpointer::~Checkpointer() { stop(); }

void Checkpointer::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(lock_);
    stopping_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

void Checkpointer::start_one() {
  {
    std::lock_guard<std::mutex> lock(lock_);
    wanted_ = true;
  }
  asked_.notify_one();
}

void Checkpointer::run() {
  std::unique_lock<std::mutex> lock(lock_);
  for (;;) {
    asked_.wait(lock, [this] { return stopping_ || wanted_; });
    if (stopping_) return;
    wanted_ = false;
    lock.unlock();
    // A failure, for example a full disk, leaves everything in the log, and the writer asks again.
    sqlite3_wal_checkpoint_v2(database_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    lock.lock();
  }
}

}  // namespace lws_chat
