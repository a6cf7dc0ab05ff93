#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/journal.h"

namespace lws_chat {

// A journal whose disk is a map. It answers at once, or when the test says so; writes and reads have a line each, as
// with two threads. The disk outlives the journal: a crash is the end of one journal and the beginning of the next.
class JournalDouble final : public Journal {
 public:
  struct Kept {
    std::string epoch;
    uint64_t top = 0;
    std::deque<std::pair<Time, KeptMessage>> messages{};  // the last ones, with the time of writing
    uint64_t first() const { return top + 1 - messages.size(); }
  };
  using Disk = std::map<std::string, Kept, std::less<>>;

  explicit JournalDouble(Disk& on) : disk(on) {}

  Deferred<Status> append(std::string_view room, const HistoryLimits& limits, const Position& position,
                          const Message& message) override {
    auto kept = std::make_shared<const KeptMessage>(message);
    return line_up<Status>(writes, [this, name = std::string(room), limits, position, kept] {
      return write(name, limits, position, *kept);
    });
  }

  Deferred<Status> forget(std::string_view room) override {
    return line_up<Status>(writes, [this, name = std::string(room)] {
      if (write_status != Status::kOk) return write_status;
      auto found = disk.find(name);
      if (found != disk.end()) found->second.messages.clear();
      if (found != disk.end()) tell(name);
      return Status::kOk;
    });
  }

  Deferred<Restored> restore(std::string_view room, const RoomSettings& settings, std::string_view new_epoch,
                             Take take) override {
    ++restores;
    return line_up<Restored>(
        reads, [this, name = std::string(room), limits = settings.history, epoch = std::string(new_epoch), take] {
          if (read_status != Status::kOk) return Restored{read_status};
          Kept& kept = disk.try_emplace(name, Kept{epoch}).first->second;
          uint64_t most = std::min(limits.messages, limits.in_memory);
          uint64_t begin = std::max(kept.top + 1 - std::min(most, kept.top), fresh_from(kept, limits));
          for (uint64_t offset = begin; offset <= kept.top; ++offset) {
            const auto& [at, message] = kept.messages[offset - kept.first()];
            take(offset, message.view(), std::max<Time>(clock - at, 0));
          }
          return Restored{Status::kOk, {kept.epoch, kept.top}, fresh_from(kept, limits)};
        });
  }

  Deferred<Page> read(std::string_view room, const HistoryLimits& limits, uint64_t from, size_t messages,
                      size_t bytes) override {
    ++pages;
    return line_up<Page>(reads, [this, name = std::string(room), limits, from, messages, bytes] {
      Page page{read_status};
      auto found = disk.find(name);
      if (read_status != Status::kOk || found == disk.end()) return page;
      const Kept& kept = found->second;
      page.first = std::max(from, fresh_from(kept, limits));
      size_t size = 0;
      for (uint64_t at = page.first; at <= kept.top && page.messages.size() < messages; ++at) {
        page.messages.push_back(kept.messages[at - kept.first()].second);
        size += page.messages.back().bytes();
        if (size >= bytes) break;
      }
      return page;
    });
  }

  // Offset of the oldest message that is kept and not too old.
  uint64_t fresh_from(const Kept& kept, const HistoryLimits& limits) const {
    uint64_t from = kept.first();
    for (const auto& [at, message] : kept.messages) {
      if (is_fresh(clock - at, limits)) break;
      ++from;
    }
    return from;
  }

  // Answers the first questions of a line.
  using Line = std::deque<std::function<void()>>;
  static void answer(Line& line, size_t count = SIZE_MAX) {
    for (; count > 0 && !line.empty(); --count) {
      std::function<void()> first = std::move(line.front());
      line.pop_front();
      first();
    }
  }
  void answer_all() {
    while (!writes.empty() || !reads.empty()) {
      answer(writes);
      answer(reads);
    }
  }

  // The process ends: of what is under way, this many writes reach the disk, and nobody is answered.
  void crash(size_t count) {
    dead = true;
    answer(writes, count);
    writes.clear();
    reads.clear();
  }

  Disk& disk;
  Time clock = 0;
  bool at_once = false;
  Status write_status = Status::kOk;  // what writes and reads come to
  Status read_status = Status::kOk;
  Line writes;
  Line reads;
  size_t restores = 0;
  size_t pages = 0;
  bool dead = false;
  std::function<void(const std::string& room, uint64_t offset, std::string_view payload)> written{};

 private:
  template <typename T, typename Work>
  Deferred<T> line_up(Line& line, Work work) {
    if (at_once && line.empty()) return work();
    Promise<T> promise;
    line.push_back([this, promise, work]() mutable {
      T value = work();
      if (!dead) promise.keep(value);
    });
    return promise.deferred();
  }

  static bool is_fresh(Time age, const HistoryLimits& limits) { return age < limits.age; }
  Status write(const std::string& name, const HistoryLimits& limits, const Position& position,
               const KeptMessage& message) {
    if (write_status != Status::kOk) return write_status;
    Kept& kept = disk.try_emplace(name, Kept{position.epoch}).first->second;
    if (position.offset != kept.top + 1 || position.epoch != kept.epoch) return Status::kUnavailable;
    kept.messages.emplace_back(clock, message);
    ++kept.top;
    if (written) written(name, kept.top, message.view().payload);
    if (kept.messages.size() <= limits.messages) return Status::kOk;
    while (kept.messages.size() > limits.messages) kept.messages.pop_front();
    tell(name);
    return Status::kOk;
  }

  void tell(const std::string& name) {
    if (!dead && trimmed) trimmed(name, disk.find(name)->second.first());
  }
};

}  // namespace lws_chat
