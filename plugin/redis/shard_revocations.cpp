#include "redis/shard_revocations.h"

#include <algorithm>
#include <utility>

#include "redis/revoked_script.h"

namespace lws_chat {
namespace {

// Entries that a server gets back together.
constexpr size_t kTogether = 100;

size_t hash_of(const Revocation& revocation) {
  return std::hash<std::string>()(revocation.key) * 2 + (revocation.of_user ? 1 : 0);
}

}  // namespace

// Nobody says how late it is.
Questions::Answered ShardRevocations::ask(std::function<void()> give_up) {
  wake_();
  return questions_.ask(kNever, std::move(give_up));
}

Deferred<Status> ShardRevocations::when_complete() {
  if (complete()) return Status::kOk;
  if (link_.left_of(kPatience) == 0) return Status::kUnavailable;
  Promise<Status> promise;
  waiting_.push_back({promise, ask([promise]() mutable { promise.keep(Status::kUnavailable); })});
  return promise.deferred();
}

Deferred<SharedRevocations::Kept> ShardRevocations::keep(const Revocation& revocation) {
  if (!link_.answers()) return Kept::kUnavailable;
  Promise<Kept> promise;
  Questions::Answered answered = ask([promise]() mutable { promise.keep(Kept::kUnavailable); });
  run_revoke(link_, parts_.keys, {revocation}, kMost, [this, promise, answered](const RedisReply& reply, Time) mutable {
    *answered = true;
    if (failed("EVALSHA (revoke)", reply)) return promise.keep(Kept::kUnavailable);
    promise.keep(reply.integer == 1 ? Kept::kKept : Kept::kFull);
  });
  return promise.deferred();
}

bool ShardRevocations::failed(std::string_view command, const RedisReply& reply) {
  if (reply.is_lost()) return true;
  if (!reply.is_error()) {
    parts_.trouble.done(command);
    return false;
  }
  ++parts_.counters.errors;
  parts_.trouble.refused(command, reply.text);
  return true;
}

void ShardRevocations::up() {
  read_soon_ = true;
  read_all();
}

void ShardRevocations::read_all() {
  if (!reader_) return;
  ++reading_;
  read_at_ = kNever;
  good_.clear();
  lacking_.clear();
  // Takes out what is over.
  run_revoke(link_, parts_.keys, {}, kMost, nullptr);
  read_from("0");
}

void ShardRevocations::read_from(const std::string& cursor) {
  run_revoked_read(link_, parts_.keys, cursor, [this, reading = reading_](const RedisReply& reply, Time now) {
    if (reading == reading_) was_read(reply, now);
  });
}

void ShardRevocations::was_read(const RedisReply& reply, Time now) {
  if (failed("HSCAN", reply)) {
    // After a lost connection up() begins again.
    if (reply.is_lost()) return;
    read_at_ = now + kPatience;
    answer(Status::kUnavailable);
    return;
  }
  std::optional<RevokedRead> read = read_revoked(reply);
  parts_.counters.foreign += read ? read->foreign : 1;
  if (read) learn(read->revocations);
  if (read && read->cursor != "0") return read_from(read->cursor);
  finish_reading(now);
}

void ShardRevocations::learn(const std::vector<Revocation>& revocations) {
  for (const Revocation& one : revocations)
    if (reader_->learn(one)) good_.insert(hash_of(one));
}

void ShardRevocations::finish_reading(Time now) {
  complete_ = true;
  read_at_ = now + (std::exchange(read_soon_, false) ? kReadSoon : kReadAgain);
  reader_->each([this](const Revocation& one) {
    if (good_.count(hash_of(one)) == 0) lacking_.push_back(one);
  });
  good_ = {};
  give_back();
  answer(Status::kOk);
}

void ShardRevocations::answer(Status status) {
  std::deque<Joiner> waiting = std::exchange(waiting_, {});
  for (Joiner& one : waiting) {
    *one.answered = true;
    one.promise.keep(status);
  }
}

void ShardRevocations::give_back() {
  if (lacking_.empty()) return;
  auto end = lacking_.begin() + static_cast<std::ptrdiff_t>(std::min(kTogether, lacking_.size()));
  std::vector<Revocation> some(lacking_.begin(), end);
  lacking_.erase(lacking_.begin(), end);
  run_revoke(link_, parts_.keys, some, kMost, [this, reading = reading_](const RedisReply& reply, Time) {
    if (reading == reading_ && !failed("EVALSHA (revoke)", reply)) give_back();
  });
}

void ShardRevocations::tick(Time now) {
  questions_.tick(now);
  if (questions_.empty()) waiting_.clear();
  if (read_at_ <= now) read_all();
}

Time ShardRevocations::due() const { return std::min(read_at_, questions_.due()); }

}  // namespace lws_chat
