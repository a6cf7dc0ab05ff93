#include "sqlite/store.h"

#include <chrono>
#include <new>
#include <system_error>
#include <utility>

#include "core/log_text.h"
#include "sqlite/checkpointer.h"
#include "sqlite/read_request.h"
#include "sqlite/reader.h"
#include "sqlite/store_file.h"
#include "sqlite/writer.h"
#include "sqlite/writes.h"

namespace lws_chat {
namespace {

constexpr const char* kStopAndRecover =
    "; readers are told of a gap; to save what can be read, stop the server and run lws-chatd --storage-recover";
constexpr size_t kMostIdleEntries = 16'384;  // about 400 bytes each

int64_t system_unix_ms() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

StoreSettings with_defaults(StoreSettings settings) {
  if (!settings.unix_ms) settings.unix_ms = system_unix_ms;
  return settings;
}

}  // namespace

std::unique_ptr<SqliteStore> SqliteStore::open(const StoreSettings& settings, std::string& problem) {
  StoreFile file;
  problem = open_store_file(settings, file);
  if (problem.empty()) {
    try {
      std::unique_ptr<SqliteStore> store(new SqliteStore(with_defaults(settings), std::move(file)));
      problem = store->start();
      if (problem.empty()) return store;
    } catch (const std::system_error& error) {
      problem = std::string("cannot be used: no thread: ") + error.what();
    }
  }
  problem = "storage " + settings.path + ": " + problem;
  return nullptr;
}

SqliteStore::SqliteStore(StoreSettings settings, StoreFile file)
    : settings_(std::move(settings)), file_(file.path), lock_(std::move(file.lock)) {
  Run run = file.run;
  reader_ = std::make_unique<Reader>(std::move(file.reading), settings_, run);
  checkpointer_ = std::make_unique<Checkpointer>(std::move(file.checkpoints));
  writer_ = std::make_unique<Writer>(file_, std::move(file.writing), settings_, std::move(run), *lock_, *checkpointer_);
}

std::string SqliteStore::start() {
  std::string problem = reader_->start();
  if (problem.empty()) problem = writer_->start();
  return problem;
}

SqliteStore::~SqliteStore() {
  hand_over();
  reader_.reset();
  checkpointer_->stop();  // the writer's last checkpoint does not wait for another one
  writer_.reset();
}

Deferred<Status> SqliteStore::append(std::string_view room, const HistoryLimits& limits, const Position& position,
                                     const Message& message) {
  WriteTexts texts{position.epoch, message.payload,       message.publisher,
                   message.tags,   message.version_epoch, message.key};
  Write write;
  write.kind = Write::Kind::kAppend;
  write.format = message.format;
  write.limits = limits;
  write.offset = position.offset;
  write.unix_ms = message.unix_ms;
  write.version = message.version;
  return queue_for(room, std::move(write), texts);
}

Deferred<Status> SqliteStore::forget(std::string_view room) {
  Write write;
  write.kind = Write::Kind::kForget;
  return queue_for(room, std::move(write), {});
}

Deferred<Status> SqliteStore::queue_for(std::string_view room, Write write, const WriteTexts& texts) {
  write.room = &entry(room);
  write.promise.emplace();
  Deferred<Status> answer = write.promise->deferred();
  if (queue(std::move(write), texts)) return answer;
  ++refused_;
  return Status::kUnavailable;
}

Deferred<Journal::Restored> SqliteStore::restore(std::string_view room, const RoomSettings& settings,
                                                 std::string_view new_epoch, Journal::Take take) {
  auto request = std::make_unique<ReadRequest>();
  request->room = &entry(room);
  request->limits = settings.history;
  request->new_epoch = new_epoch;
  request->take = std::move(take);
  request->restore_promise.emplace();
  Deferred<Restored> answer = request->restore_promise->deferred();
  ask(std::move(request));
  return answer;
}

Deferred<Journal::Page> SqliteStore::read(std::string_view room, const HistoryLimits& limits, uint64_t from,
                                          size_t messages, size_t bytes) {
  auto request = std::make_unique<ReadRequest>();
  request->room = &entry(room);
  request->limits = limits;
  request->from = from;
  request->messages = messages;
  request->bytes = bytes;
  request->page_promise.emplace();
  Deferred<Page> answer = request->page_promise->deferred();
  ask(std::move(request));
  return answer;
}

Deferred<Status> SqliteStore::keep(Kind kind, std::string_view key, std::string_view value, int64_t until) {
  Write write;
  write.kind = Write::Kind::kKeep;
  write.record = kind;
  write.unix_ms = until;
  WriteTexts texts;
  texts.key = key;
  texts.payload = value;
  write.promise.emplace();
  Deferred<Status> answer = write.promise->deferred();
  if (queue(std::move(write), texts)) return answer;
  ++dropped_records_;
  return Status::kUnavailable;
}

void SqliteStore::drop(Kind kind, std::string_view key) {
  Write write;
  write.kind = Write::Kind::kDrop;
  write.record = kind;
  WriteTexts texts;
  texts.key = key;
  if (!queue(std::move(write), texts)) ++dropped_records_;
}

void SqliteStore::load(Kind kind, const Records::Take& take) {
  std::string problem;
  std::unique_ptr<Database> database = Database::open(file_, Database::Access::kRead, settings_.vfs, problem);
  if (database) {
    Statement find(*database, "SELECT key, value, until FROM records WHERE kind = ? AND until > ?");
    Statement::Rows rows = find.with(static_cast<int64_t>(kind), settings_.unix_ms());
    while (rows.next()) take(rows.bytes(0), rows.bytes(1), rows.number(2));
    problem = database->failure_text();
  }
  if (!problem.empty() && settings_.report)
    settings_.report(StoreSettings::Event::kDamaged, "records cannot be read: " + problem);
}

void SqliteStore::deliver() {
  Writer::Finished finished;
  writer_->take_finished(finished);
  counters_ = finished.counters;
  note_progress(!finished.batches.empty());
  for (auto& batch : finished.batches) finish(*batch);
  for (auto& request : reader_->take_finished()) finish(std::move(request));
  if (trimmed)
    for (const Trimmed& one : finished.trimmed) trimmed(one.room, one.first);
  if (settings_.report)
    for (const auto& [event, line] : finished.events) settings_.report(event, line);
  release_held();
  hand_over();
  count();
}

bool SqliteStore::waits() const { return batch_ || handed_over_ > written_; }

void SqliteStore::watch() {
  if (stalled_ || handed_over_ == written_ || std::chrono::steady_clock::now() - progress_at_ < settings_.patience)
    return;
  stalled_ = true;
  count();
  if (settings_.report) settings_.report(StoreSettings::Event::kFails, "nothing is written: the disk does not answer");
}

void SqliteStore::note_progress(bool made) {
  if (!made) return;
  progress_at_ = std::chrono::steady_clock::now();
  if (std::exchange(stalled_, false) && !counters_.failing && settings_.report)
    settings_.report(StoreSettings::Event::kWorksAgain, "the disk answers again");
}

void SqliteStore::count() {
  counters_.failing = counters_.failing || stalled_;
  counters_.queue_messages = queue_messages_ + (batch_ ? batch_->messages : 0);
  counters_.queue_bytes = queue_bytes_ + (batch_ ? batch_->size() : 0);
  counters_.refused = refused_;
  counters_.restored = restored_;
  counters_.reads = reads_;
  counters_.read_failures = read_failures_;
  counters_.dropped_records += dropped_records_;
  uint64_t before = std::exchange(told_dropped_, counters_.dropped_records);
  if (before == told_dropped_ || !settings_.report) return;
  settings_.report(StoreSettings::Event::kNotice,
                   std::to_string(told_dropped_ - before) + " records were not kept: too much waits to be written");
}

// Finds what is known of the room, or begins to know it.
RoomEntry& SqliteStore::entry(std::string_view room) {
  if (auto found = by_name_.find(room); found != by_name_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front();
  }
  if (entries_.size() >= kMostIdleEntries) forget_idle_entry();
  entries_.emplace_front(room);
  by_name_.emplace(entries_.front().name, entries_.begin());
  return entries_.front();
}

// Forgets the room that was not used for longest, unless something is under way for it: then it goes to the front.
void SqliteStore::forget_idle_entry() {
  auto last = std::prev(entries_.end());
  if (last->under_way > 0) return entries_.splice(entries_.begin(), entries_, last);
  by_name_.erase(last->name);
  entries_.erase(last);
}

bool SqliteStore::queue(Write write, const WriteTexts& texts) {
  if (stalled_) return false;
  size_t bytes = sizeof(Write) + texts.epoch.size() + texts.payload.size() + texts.publisher.size() +
                 texts.tags.size() + texts.version_epoch.size() + texts.key.size();
  if (queue_bytes_ + (batch_ ? batch_->size() : 0) + bytes > settings_.max_queue) return false;
  if (!batch_) {
    batch_ = std::make_unique<Batch>();
    batch_->number = handed_over_ + 1;
  }
  RoomEntry* room = write.room;
  batch_->add(std::move(write), texts);
  if (room) {
    // Nothing waits behind a message that was refused, and the writer does not have the room.
    if (room->under_way == 0) room->filed.expected = 0;
    ++room->under_way;
    room->last_batch = batch_->number;
  }
  // The turn's end is the next time that the loop calls deliver().
  if (!std::exchange(woken_, true) && settings_.wake) settings_.wake();
  return true;
}

void SqliteStore::hand_over() {
  woken_ = false;
  if (!batch_) return;
  if (handed_over_ == written_) progress_at_ = std::chrono::steady_clock::now();
  handed_over_ = batch_->number;
  queue_messages_ += batch_->messages;
  queue_bytes_ += batch_->size();
  writer_->put(std::move(batch_));
}

void SqliteStore::finish(Batch& batch) {
  queue_messages_ -= batch.messages;
  queue_bytes_ -= batch.size();
  written_ = batch.number;
  for (Write& write : batch.writes) {
    if (write.room) {
      --write.room->under_way;
      if (write.status != Status::kOk) ++refused_;
    }
    if (write.restore) go_on(std::move(write.restore), write.status);
    if (write.promise) write.promise->keep(write.status);
  }
}

// Asks the reader, behind everything that was written to the room before.
void SqliteStore::ask(std::unique_ptr<ReadRequest> request) {
  request->after = request->room->last_batch;
  ++request->room->under_way;
  if (request->after > written_)
    held_.push_back(std::move(request));
  else
    reader_->put(std::move(request));
}

void SqliteStore::release_held() {
  std::vector<std::unique_ptr<ReadRequest>> held = std::exchange(held_, {});
  for (auto& request : held) {
    if (request->after > written_)
      held_.push_back(std::move(request));
    else
      reader_->put(std::move(request));
  }
}

void SqliteStore::finish(std::unique_ptr<ReadRequest> request) {
  --request->room->under_way;
  if (!request->failure.empty()) note_failure(*request);
  if (request->page_promise) {
    ++reads_;
    return request->page_promise->keep(request->page);
  }
  if (request->needs_row) return begin_room(std::move(request));
  if (request->needs_touch) queue_touch(*request);
  restored_ += request->restored.status == Status::kOk;
  for (auto kept = request->kept.rbegin(); kept != request->kept.rend(); ++kept)
    request->take(kept->offset, kept->message.view(), kept->age);
  request->restore_promise->keep(request->restored);
}

// The room's row is the writer's work; then the reader goes on.
void SqliteStore::begin_room(std::unique_ptr<ReadRequest> request) {
  Write write;
  write.kind = Write::Kind::kBegin;
  write.room = request->room;
  write.limits = request->limits;
  WriteTexts texts;
  std::string epoch = request->new_epoch;
  texts.epoch = epoch;
  Promise<Restored> promise = *request->restore_promise;
  bool again = std::exchange(request->was_begun, true);
  write.restore = std::move(request);
  if (again || !queue(std::move(write), texts)) promise.keep({Status::kUnavailable, {}, 1});
}

void SqliteStore::go_on(std::unique_ptr<ReadRequest> request, Status begun) {
  if (begun != Status::kOk) return request->restore_promise->keep({begun, {}, 1});
  request->needs_row = false;
  ask(std::move(request));
}

void SqliteStore::queue_touch(const ReadRequest& request) {
  Write write;
  write.kind = Write::Kind::kBegin;
  write.room = request.room;
  write.limits = request.limits;
  WriteTexts texts;
  texts.epoch = request.new_epoch;
  (void)queue(std::move(write), texts);
}

void SqliteStore::note_failure(const ReadRequest& request) {
  ++read_failures_;
  if (std::exchange(request.room->seen_damaged, true) || !settings_.report) return;
  settings_.report(StoreSettings::Event::kDamaged,
                   "room " + in_log(request.room->name) + " cannot be read: " + request.failure + kStopAndRecover);
}

}  // namespace lws_chat
