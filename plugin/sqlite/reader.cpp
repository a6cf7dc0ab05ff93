#include "sqlite/reader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "sqlite/message_row.h"
#include "sqlite/store_file.h"
#include "sqlite/thread.h"
#include "sqlite/writes.h"

namespace lws_chat {
namespace {

constexpr int64_t kDay = 86'400;

// Never negative: the clock may have been set back.
Time age_of(int64_t now, int64_t at) { return std::min(std::max<int64_t>(0, now - at), kNever / 1000) * 1000; }

bool is_too_old(int64_t now, int64_t at, const HistoryLimits& limits) { return age_of(now, at) > limits.age; }

std::string damage_of(uint64_t offset) { return "message " + std::to_string(offset) + " is damaged"; }

}  // namespace

Reader::Reader(std::unique_ptr<Database> database, const StoreSettings& settings, Run run)
    : settings_(settings),
      run_(std::move(run)),
      database_(std::move(database)),
      begin_(*database_, "BEGIN"),
      end_(*database_, "COMMIT"),
      find_room_(*database_, "SELECT id, epoch, last, run, keep_ms, touched FROM rooms WHERE name = ?"),
      first_id_(*database_, "SELECT min(id) FROM messages WHERE id BETWEEN ? AND ?"),
      last_id_(*database_, "SELECT max(id) FROM messages WHERE id BETWEEN ? AND ?"),
      forwards_(*database_, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id"),
      backwards_(*database_, "SELECT id, bytes FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC") {}

std::string Reader::start() {
  if (database_->failed()) return words_for(*database_);
  thread_ = start_thread([this] { run(); });
  return {};
}

Reader::~Reader() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard<std::mutex> lock(lock_);
    stopping_ = true;
  }
  arrives_.notify_one();
  thread_.join();
}

void Reader::put(std::unique_ptr<ReadRequest> request) {
  {
    std::lock_guard<std::mutex> lock(lock_);
    arrived_.push_back(std::move(request));
  }
  arrives_.notify_one();
}

Reader::Requests Reader::take_finished() {
  std::lock_guard<std::mutex> lock(lock_);
  woken_ = false;
  return std::exchange(finished_, {});
}

void Reader::run() {
  std::unique_lock<std::mutex> lock(lock_);
  for (;;) {
    arrives_.wait(lock, [this] { return stopping_ || !arrived_.empty(); });
    if (stopping_) return;
    Requests taken;
    taken.swap(arrived_);
    while (!taken.empty() && !stopping_) {
      lock.unlock();
      serve(*taken.front());
      lock.lock();
      finished_.push_back(std::move(taken.front()));
      taken.pop_front();
      if (std::exchange(woken_, true)) continue;
      lock.unlock();
      if (settings_.wake) settings_.wake();
      lock.lock();
    }
  }
}

void Reader::serve(ReadRequest& request) {
  try {
    begin_.execute();
    read(request);
    end_.execute();
  } catch (const std::bad_alloc&) {
    database_->fail(SQLITE_NOMEM, "out of memory");
  }
  if (!database_->failed()) return;
  request.failure = database_->failure_text();
  request.page = {Status::kUnavailable, 0, {}};
  request.restored = {Status::kUnavailable, {}, 1};
  request.kept.clear();
  request.needs_row = request.needs_touch = false;
  database_->clear_failure();
}

void Reader::read(ReadRequest& request) {
  Room room;
  if (!find(request.room->name, room)) return;
  if (request.restore_promise)
    restore(room, request);
  else
    read_page(room, request);
}

// Reads what the file has of a room, in the same transaction as its messages. Returns false after a failure.
bool Reader::find(std::string_view name, Room& room) {
  {
    Statement::Rows rows = find_room_.with(name);
    if (!rows.next()) return !database_->failed();
    room.id = rows.number(0);
    room.epoch = rows.bytes(1);
    room.last = static_cast<uint64_t>(rows.number(2));
    room.run = rows.number(3);
    room.keep_ms = rows.number(4);
    room.touched = rows.number(5);
    room.first = room.last + 1;
  }
  if (room.id < 1 || room.id > kMaxRoom || room.last > kMaxOffset) {
    database_->fail(SQLITE_CORRUPT, "the room's row is damaged");
    return false;
  }
  int64_t begin = row_id(room.id, 0);
  int64_t end = row_id(room.id, kMaxOffset);
  Statement::Rows firsts = first_id_.with(begin, end);
  if (!firsts.next() || firsts.is_null(0)) return !database_->failed();
  Statement::Rows lasts = last_id_.with(begin, end);
  if (!lasts.next()) return false;
  uint64_t last = offset_of(lasts.number(0));
  room.first = offset_of(firsts.number(0));
  // The room's row may be older than its last message, but never newer.
  if (last < room.last || room.first == 0) database_->fail(SQLITE_CORRUPT, "messages of the room are missing");
  room.last = last;
  return !database_->failed();
}

// Returns the offset of the oldest message within the limits of number and bytes.
uint64_t Reader::first_within(const Room& room, ReadRequest& request) {
  const HistoryLimits& limits = request.limits;
  if (room.first > room.last || limits.messages == 0) return room.last + 1;
  uint64_t first = std::max(room.first, room.last + 1 - std::min(room.last, limits.messages));
  std::optional<MessageTotals> last = totals_of(room, room.last);
  // The total grows from message to message.
  auto fits = [&](uint64_t offset) {
    std::optional<MessageTotals> of = totals_of(room, offset);
    if (!of || !last) request.failure = damage_of(last ? offset : room.last);
    return of && last && last->with - of->before <= limits.bytes;
  };
  if (fits(first) || database_->failed()) return first;
  uint64_t beyond = first;
  uint64_t within = room.last + 1;
  while (within - beyond > 1 && !database_->failed()) {
    uint64_t middle = beyond + (within - beyond) / 2;
    (fits(middle) ? within : beyond) = middle;
  }
  return within;
}

// Nothing: the message is damaged.
std::optional<Reader::MessageTotals> Reader::totals_of(const Room& room, uint64_t offset) {
  Statement::Rows rows = forwards_.with(row_id(room.id, offset), row_id(room.id, offset));
  MessageRow row;
  if (!rows.next() || !unpack_row(rows.number(0), rows.bytes(1), row)) return std::nullopt;
  return MessageTotals{row.total - counted_bytes(row.message), row.total};
}

// Messages that are damaged, or that were before damaged ones, are gone for readers, who hear of the gap: one damaged
// message must not end a room. Returns false if nothing can be read at all.
bool Reader::go_on_behind_damage(ReadRequest& request, uint64_t offset) {
  if (database_->failed() && (database_->failure() & 0xff) != SQLITE_CORRUPT) return false;
  request.failure = damage_of(offset);
  if (!database_->failed()) return true;
  // It ends the transaction, too.
  database_->clear_failure();
  return begin_.execute();
}

void Reader::restore(const Room& room, ReadRequest& request) {
  bool lost = std::find(run_.lost.begin(), run_.lost.end(), room.run) != run_.lost.end();
  request.needs_row = room.id == 0 || lost;
  if (request.needs_row) return;
  int64_t now = settings_.unix_ms();
  request.needs_touch = now / 1000 - room.touched > kDay || room.keep_ms != request.limits.age / 1000;
  request.restored.position = {room.epoch, room.last};
  request.restored.first = first_within(room, request);
  // The limits may be others than in the last run. The writer removes what is beyond them.
  request.needs_touch = request.needs_touch || request.restored.first > room.first;
  uint64_t most = std::min(request.limits.messages, request.limits.in_memory);
  uint64_t bytes = 0;
  uint64_t expected = room.last;
  if (most == 0 || room.first > room.last) return;
  {
    Statement::Rows rows = backwards_.with(row_id(room.id, room.first), row_id(room.id, room.last));
    while (request.kept.size() < most && rows.next()) {
      MessageRow row;
      if (offset_of(rows.number(0)) != expected || !unpack_row(rows.number(0), rows.bytes(1), row)) break;
      bytes += counted_bytes(row.message);
      if (bytes > request.limits.bytes || is_too_old(now, row.at, request.limits)) return;
      request.kept.push_back({expected, age_of(now, row.at), KeptMessage(row.message)});
      --expected;
    }
  }
  if (request.kept.size() < most && expected >= room.first && go_on_behind_damage(request, expected))
    request.restored.first = std::max(request.restored.first, expected + 1);
}

void Reader::read_page(const Room& room, ReadRequest& request) {
  request.page.first = std::max(request.from, room.first);
  if (room.id == 0 || request.from > room.last) return;
  while (request.page.messages.empty() && request.page.first <= room.last) {
    uint64_t stopped = read_whole(room, request);
    if (stopped == 0 || !request.page.messages.empty()) return;
    if (!go_on_behind_damage(request, stopped)) return;
    request.page.first = readable_from(room, stopped + 1);
  }
}

// Reads messages up to the first damaged one, whose offset it returns; 0: there is none.
uint64_t Reader::read_whole(const Room& room, ReadRequest& request) {
  int64_t now = settings_.unix_ms();
  size_t bytes = 0;
  uint64_t expected = request.page.first;
  Statement::Rows rows = forwards_.with(row_id(room.id, expected), row_id(room.id, room.last));
  while (request.page.messages.size() < request.messages && rows.next()) {
    MessageRow row;
    if (offset_of(rows.number(0)) != expected || !unpack_row(rows.number(0), rows.bytes(1), row)) return expected;
    ++expected;
    if (request.page.messages.empty() && is_too_old(now, row.at, request.limits)) {
      request.page.first = expected;
      continue;
    }
    KeptMessage message(row.message);
    bytes += message.bytes();
    if (bytes > request.bytes && !request.page.messages.empty()) return 0;
    request.page.messages.push_back(std::move(message));
  }
  return request.page.messages.size() < request.messages && expected <= room.last ? expected : 0;
}

// Returns the offset of the first message that is whole and not before this one, or of a later one if it would take
// long to find; last + 1: there is none.
uint64_t Reader::readable_from(const Room& room, uint64_t from) {
  uint64_t step = 1;
  while (from <= room.last && !totals_of(room, from)) {
    if (database_->failed()) {
      // The messages on the same page are damaged, too.
      step *= 2;
      database_->clear_failure();
      if (!begin_.execute()) break;
    }
    from += step;
  }
  return std::min(from, room.last + 1);
}

}  // namespace lws_chat
