#include "sqlite/writer.h"

#include <chrono>
#include <new>

#include "core/log_text.h"
#include "sqlite/read_request.h"
#include "sqlite/schema.h"
#include "sqlite/thread.h"

namespace lws_chat {
namespace {

constexpr size_t kMostLateBytes = size_t{16} << 20;
constexpr auto kTick = std::chrono::milliseconds(250);

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, const StoreSettings& settings, Run run)
    : settings_(settings),
      run_(std::move(run)),
      database_(std::move(database)),
      ids_(*database_),
      rooms_(*database_, run_, ids_),
      begin_(*database_, "BEGIN IMMEDIATE"),
      commit_(*database_, "COMMIT"),
      keep_record_(*database_, "INSERT OR REPLACE INTO records(kind, key, value, until) VALUES(?, ?, ?, ?)"),
      drop_record_(*database_, "DELETE FROM records WHERE kind = ? AND key = ?"),
      page_count_(*database_, "PRAGMA page_count") {
  set_sync(true);
  look_after_file();
  finished_.counters = counters_;
  thread_ = start_thread([this] { this->run(); });
}

Writer::~Writer() {
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
  while (take(batches)) {
    write(batches);
    hand_over(batches);
  }
  end();
}

// Waits for something to do. Returns false if there is nothing, and never will be.
bool Writer::take(Batches& batches) {
  std::unique_lock<std::mutex> lock(lock_);
  arrives_.wait_for(lock, kTick, [this] { return stopping_ || !arrived_.empty(); });
  batches = std::exchange(arrived_, {});
  return !stopping_ || !batches.empty();
}

void Writer::write(Batches& batches) {
  try {
    if (!batches.empty() || !late_records_.empty()) {
      auto began = std::chrono::steady_clock::now();
      if (!transaction(batches)) fail(batches);
      counters_.commit_seconds.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    }
    look_after_file();
    for (const std::string& room : rooms_.take_damaged()) tell(Event::kDamaged, "room " + in_log(room) + " is damaged");
  } catch (const std::bad_alloc&) {
    database_->fail(SQLITE_NOMEM, "out of memory");
    fail(batches);
  }
}

bool Writer::transaction(Batches& batches) {
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
  if (!commit_.execute()) return false;
  if (counters_.failing) tell(Event::kWorksAgain, "messages are written again");
  counters_.failing = false;
  late_records_.clear();
  late_bytes_ = 0;
  counters_.messages += rooms_.counts().messages;
  counters_.message_bytes += rooms_.counts().bytes;
  counters_.trimmed += rooms_.counts().trimmed;
  return true;
}

void Writer::execute(Batch& batch, Write& write) {
  WriteTexts texts = batch.texts(write);
  switch (write.kind) {
    case Write::Kind::kAppend: write.status = rooms_.append(write, texts); return;
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
  if (!counters_.failing) tell(Event::kFails, "messages cannot be written: " + database_->failure_text());
  counters_.failing = true;
  ++counters_.failures;
  rooms_.undo();
  database_->clear_failure();
  for (auto& batch : batches)
    for (Write& write : batch->writes) {
      write.status = Status::kUnavailable;
      if (!write.room) keep_for_later(*batch, write);
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

void Writer::look_after_file() {
  {
    Statement::Rows rows = page_count_.with();
    if (rows.next()) counters_.file_bytes = static_cast<uint64_t>(rows.number(0)) * kPageBytes;
  }
  if (database_->failed()) database_->clear_failure();
}

void Writer::tell(Event event, std::string line) { events_.emplace_back(event, std::move(line)); }

void Writer::hand_over(Batches& batches) {
  bool told = !batches.empty() || !events_.empty();
  bool wake = false;
  {
    std::lock_guard<std::mutex> lock(lock_);
    for (auto& batch : batches) finished_.batches.push_back(std::move(batch));
    for (const RoomWrites::Trimmed& one : rooms_.trimmed()) finished_.trimmed.push_back(one);
    for (auto& event : events_) finished_.events.push_back(std::move(event));
    finished_.counters = counters_;
    if (told) wake = !std::exchange(woken_, true);
  }
  batches.clear();
  events_.clear();
  if (wake && settings_.wake) settings_.wake();
}

void Writer::end() {
  database_->clear_failure();
  end_run(*database_);
}

}  // namespace lws_chat
