#pragma once

#include <cstddef>
#include <cstdint>

#include "core/log/block_pool.h"
#include "core/log/message.h"
#include "core/settings.h"

namespace lws_chat {

// A room's last messages as their publishers sent them, limited by count, bytes and age. Every message has an offset, 1
// for the first one. The history holds the messages from first() to top().
class History {
 public:
  struct Entry {
    uint64_t offset = 0;
    Time time = 0;
    Message message;
  };

  History(BlockPool& pool, Room* owner, const HistoryLimits& limits) : pool_(pool), owner_(owner), limits_(limits) {}
  ~History() { clear(); }
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  uint64_t top() const { return top_; }  // offset of the last message; 0: there was none
  uint64_t first() const { return top_ - count_ + 1; }
  size_t count() const { return count_; }

  // Messages before this offset are too old, wherever they are kept.
  uint64_t fresh_from() const { return fresh_from_; }
  bool empty() const { return count_ == 0; }
  size_t bytes() const { return bytes_; }

  // Gives the message the next offset, and keeps it if the limits allow that.
  void add(const Message& message, Time now);

  // Returns true if the last message that was kept has the same version or a later one: the message is late, and
  // nobody needs it. Versions of another epoch say nothing, nor do those behind a message without one.
  bool is_outdated(const Message& message) const;

  // Forgets messages that are older than the limit.
  void expire(Time now);

  // Adds to the times of all messages: those that were added with times relative to a moment get that moment.
  void shift_times(Time by);

  // Reads the messages from this offset on. Each is valid until the next change.
  // Precondition: first() <= offset <= top() + 1.
  class Reader;
  Reader from(uint64_t offset) const;

  // Forgets the messages in the oldest block of memory.
  void forget_oldest_page();
  void clear();

  // Forgets all messages. The next message gets the offset after `top`.
  void restart(uint64_t top) {
    clear();
    top_ = top;
    fresh_from_ = 0;
  }

 private:
  struct Page : Block {
    Page* next = nullptr;
    uint64_t first_offset = 0;
    uint32_t begin = 0;  // position of the first message that is still kept
    uint32_t count = 0;  // number of messages that are still kept
    char* data() { return reinterpret_cast<char*>(this + 1); }
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  };
  static constexpr uint32_t kMaxSize = (1u << 30) - 1;  // the longest payload, in bytes
  struct Record {
    Time time;
    int64_t unix_ms;
    uint32_t size : 30;
    uint32_t format : 2;  // a Format
    uint16_t publisher_size;
    uint16_t tags_size : 15;
    uint16_t versioned : 1;  // a version follows the record

    size_t extra() const { return size_t{publisher_size} + tags_size; }
    size_t version_size() const { return versioned ? sizeof(uint64_t) : 0; }
  };

  static size_t space(const Record& record);
  void forget_all_before_next();
  void forget_oldest();

  BlockPool& pool_;
  Room* owner_;
  const HistoryLimits& limits_;
  Page* first_page_ = nullptr;
  Page* last_page_ = nullptr;
  uint64_t top_ = 0;
  uint64_t fresh_from_ = 0;
  size_t count_ = 0;
  size_t bytes_ = 0;
  uint64_t version_ = 0;        // of the last message that was kept
  uint64_t version_epoch_ = 0;  // a hash of its epoch
};

// Reads the messages of a history one after the other.
class History::Reader {
 public:
  // Precondition: offset() <= top().
  Entry next();
  uint64_t offset() const { return offset_; }

 private:
  friend class History;
  Reader(const Page* page, const char* at, uint64_t offset) : page_(page), at_(at), offset_(offset) {}

  const Page* page_;
  const char* at_;  // the next message in the page, or its end
  uint64_t offset_;
};

}  // namespace lws_chat
