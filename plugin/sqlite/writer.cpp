#include "sqlite/writer.h"

#include <chrono>
#include <new>

#include "core/log_text.h"
#include "sqlite/read_request.h"
#include "sqlite/store_file.h"
#include "sqlite/thread.h"

namespace lws_chat {
namespace {

constexpr size_t kMostLateBytes = size_t{16} << 20;
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr auto kIdleTick = std::chrono::seconds(1);
constexpr auto kQuiet = std::chrono::seconds(2);  // without a failure, until the log says that all is well

}  // namespace

Writer::Writer(const std::string& file, std::unique_ptr<Database> database, const StoreSettings& settings, Run run,
               FileLock& lock, Checkpointer& checkpointer)
    : settings_(settings),
      run_(std::move(run)),
      database_(std::move(database)),
      lock_file_(lock),
      log_(*database_, lock, run_.number),
      place_(file),
      ids_(*database_),
      rooms_(*database_, run_, ids_),
      upkeep_(*database_, rooms_, run_, log_, checkpointer, settings.max_bytes),
      begin_(*database_, "BEGIN IMMEDIATE"),
      commit_(*database_, "COMMIT"),
      keep_record_(*database_, "INSERT OR REPLACE INTO records(kind, key, value, until) VALUES(?, ?, ?, ?)"),
      drop_record_(*database_, "DELETE FROM records WHERE kind = ? AND key = ?"),
      next_tick_(std::chrono::steady_clock::now()) {
  set_sync(true);
}

std::string Writer::start() {
  if (database_->failed()) return words_for(*database_);
  if (!run_.notice.empty()) tell(Event::kNotice, run_.notice);
  maintain(0);
  thread_ = start_thread([this] { run(); });
  return {};
}

Writer::~Writer() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(lock_);
    stopping_ = true;
  }
  arrives_.notify_one();
  thread_.join();
}

void Writer::put(std::unique_ptr<Batch> batch) {
  {
    std::lock_guard<std::mutex> lock(lock_);
    arrived_.push_back(std::move(batch));
  }
  arrives_.notify_one();
}

void Writer::take_finished(Finished& finished) {
  std::lock_guard<std::mutex> lock(lock_);
  woken_ = false;
  finished = std::exchange(finished_, {});
  finished_.counters = finished.counters;
}

void Writer::run() {
  Batches batches;
  hand_over(batches);  // what is to be told of the last run
  while (take(batches)) {
    write(batches);
    hand_over(batches);
  }
  end();
}

// Waits for something to do. Returns false if there is nothing, and never will be.
bool Writer::take(Batches& batches) {
  std::unique_lock<std::mutex> lock(lock_);
  arrives_.wait_until(lock, next_tick_, [this] { return stopping_ || !arrived_.empty(); });
  batches = std::exchange(arrived_, {});
  return !stopping_ || !batches.empty();
}

void Writer::write(Batches& batches) {
  size_t messages = 0;
  for (const auto& batch : batches) messages += batch->messages;
  try {
    if (!batches.empty() || !late_records_.empty()) {
      auto began = std::chrono::steady_clock::now();
      if (!transaction(batches)) fail(batches);
      counters_.commit_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    for (const std::string& room : rooms_.take_damaged())
      tell(Event::kDamaged, "room " + in_log(room) +
                                " is damaged and takes no messages; stop the server and run lws-chatd "
                                "--storage-recover");
    // The answers do not wait for this.
    hand_over(batches);
    maintain(messages);
  } catch (const std::bad_alloc&) {
    database_->fail(SQLITE_NOMEM, "out of memory");
    fail(batches);
  }
}

// Messages in a file that nobody finds any more would be lost.
bool Writer::in_place() {
  std::string problem = place_.problem(log_.bytes());
  if (!problem.empty()) database_->fail(SQLITE_IOERR, problem.c_str());
  return problem.empty();
}

bool Writer::transaction(Batches& batches) {
  if (!in_place()) return false;
  bool sync = settings_.full_sync;
  for (const auto& batch : batches)
    for (const Write& write : batch->writes) sync = sync || rooms_.needs_sync(write);
  set_sync(sync);
  rooms_.begin(settings_.unix_ms());
  begin_.execute();
  write_late_records();
  for (auto& batch : batches)
    for (Write& write : batch->writes) {
      execute(*batch, write);
      if (database_->failed()) return false;
    }
  rooms_.trim();
  trimmed_.reserve(trimmed_.size() + rooms_.trimmed().size());  // nothing may fail behind the commit
  if (rooms_.last_id() != 0) log_.will_commit(rooms_.last_id(), rooms_.last_row());
  committing_ = !database_->failed();
  if (!commit_.execute()) return false;
  committing_ = false;
  rooms_.committed();
  counters_.failing = false;
  late_records_.clear();
  late_bytes_ = 0;
  counters_.messages += rooms_.counts().messages;
  counters_.message_bytes += rooms_.counts().bytes;
  counters_.trimmed += rooms_.counts().trimmed;
  for (Trimmed& one : rooms_.take_trimmed()) trimmed_.push_back(std::move(one));
  return true;
}

void Writer::execute(Batch& batch, Write& write) {
  WriteTexts texts = batch.texts(write);
  switch (write.kind) {
    case Write::Kind::kAppend:
      write.status = rooms_.append(write, texts);
      if (write.status != Status::kOk) RoomWrites::refused(write);
      return;
    case Write::Kind::kForget: write.status = rooms_.forget(write, texts); return;
    case Write::Kind::kBegin: write.status = rooms_.begin_room(write, texts); return;
    case Write::Kind::kKeep:
    case Write::Kind::kDrop:
      write_record(write.record, texts.key, texts.payload, write.unix_ms, write.kind == Write::Kind::kDrop);
  }
}

void Writer::write_record(Records::Kind kind, std::string_view key, std::string_view value, int64_t until,
                          bool dropped) {
  if (dropped)
    drop_record_.execute(static_cast<int64_t>(kind), key);
  else
    keep_record_.execute(static_cast<int64_t>(kind), key, value, until);
}

void Writer::write_late_records() {
  for (const auto& [name, record] : late_records_)
    write_record(name.first, name.second, record.value, record.until, record.dropped);
}

// Nothing of the transaction is in the file. Nobody waits for records, so they are written later.
void Writer::fail(Batches& batches) {
  failing("messages cannot be written: " + database_->failure_text());
  ++counters_.failures;
  upkeep_.note_failure();
  rooms_.undo();
  database_->clear_failure();
  log_.failed(std::exchange(committing_, false));
  for (auto& batch : batches)
    for (Write& write : batch->writes) {
      write.status = Status::kUnavailable;
      if (write.room)
        RoomWrites::refused(write);
      else
        keep_for_later(*batch, write);
    }
}

void Writer::keep_for_later(const Batch& batch, const Write& write) {
  WriteTexts texts = batch.texts(write);
  size_t bytes = texts.key.size() + texts.payload.size() + sizeof(Record) + 64;
  if (late_bytes_ + bytes > kMostLateBytes) {
    ++counters_.dropped_records;
    return;
  }
  late_bytes_ += bytes;
  late_records_[{write.record, std::string(texts.key)}] = {std::string(texts.payload), write.unix_ms,
                                                           write.kind == Write::Kind::kDrop};
}

void Writer::set_sync(bool full) {
  if (synced_ == full) return;
  // Not inside a transaction.
  database_->run(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  synced_ = full;
}

// What keeps the file in order. It is done while messages are waiting, too, but only a little at a time.
void Writer::maintain(size_t messages) {
  auto now = std::chrono::steady_clock::now();
  bool ticks = now >= next_tick_;
  set_sync(false);
  if (ticks && !in_place()) {
    next_tick_ = now + std::chrono::milliseconds(kIdleTick);
    Batches none;
    return fail(none);
  }
  if (ticks && counters_.failing) probe();
  if (told_failing_) works();
  Upkeep::Done done = upkeep_.work(messages, ticks, settings_.unix_ms());
  if (ticks) next_tick_ = now + (upkeep_.is_idle() ? std::chrono::milliseconds(kIdleTick) : kTick);
  counters_.file_bytes = upkeep_.file_bytes();
  counters_.trimmed += done.trimmed;
  counters_.evicted += done.evicted;
  for (Trimmed& one : done.rooms) trimmed_.push_back(std::move(one));
  if (!done.notice.empty()) tell(Event::kNotice, done.notice);
  if (done.failure.empty()) return;
  ++counters_.failures;
  if (!std::exchange(upkeep_failed_, true) && !counters_.failing)
    tell(Event::kFails, "old messages cannot be removed: " + done.failure);
}

// Nothing could be written. Finds out whether it can be now: a few bytes may find a place where messages do not. What
// it writes is a record that is over and of no kind.
void Writer::probe() {
  if (database_->run(
          "INSERT OR REPLACE INTO records(kind, key, value, until) VALUES(255, 'probe', zeroblob(65536), 0)") &&
      database_->run("DELETE FROM records WHERE kind = 255")) {
    counters_.failing = false;
  }
  database_->clear_failure();
}

// A disk that works now and then is one line.
void Writer::failing(const std::string& line) {
  if (!std::exchange(told_failing_, true)) tell(Event::kFails, line);
  counters_.failing = true;
  failed_at_ = std::chrono::steady_clock::now();
}

void Writer::works() {
  if (counters_.failing || std::chrono::steady_clock::now() - failed_at_ < kQuiet) return;
  told_failing_ = false;
  tell(Event::kWorksAgain, "messages are written again");
}

void Writer::tell(Event event, const std::string& line) {
  try {
    events_.emplace_back(event, line);
  } catch (const std::bad_alloc&) {
    // Only a line for the log.
  }
}

void Writer::hand_over(Batches& batches) {
  bool told = !batches.empty() || !events_.empty() || !trimmed_.empty();
  bool wake = false;
  {
    std::lock_guard<std::mutex> lock(lock_);
    for (auto& batch : batches) finished_.batches.push_back(std::move(batch));
    for (Trimmed& one : trimmed_) finished_.trimmed.push_back(std::move(one));
    for (auto& event : events_) finished_.events.push_back(std::move(event));
    finished_.counters = counters_;
    if (told) wake = !std::exchange(woken_, true);
  }
  batches.clear();
  events_.clear();
  trimmed_.clear();
  if (wake && settings_.wake) settings_.wake();
}

void Writer::end() {
  database_->clear_failure();
  end_run(*database_, lock_file_, run_.number);
}

}  // namespace lws_chat
