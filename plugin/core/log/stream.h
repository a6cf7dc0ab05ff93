#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/log/block_pool.h"
#include "core/log/message.h"

namespace lws_chat {

// A position in a stream: how many bytes of it came before.
using Cursor = uint64_t;

// The bytes that a room sends to readers of one kind: an append-only sequence of frames.
//
// A reader is a cursor that join() hands out and leave() takes back. The stream keeps the bytes from the slowest cursor
// on, and frees a segment as soon as no cursor stands in it. A segment holds whole frames, so that a cursor that moved
// by the bytes of unread() stands between two frames.
class Stream final : public FrameSink {
 public:
  struct Segment : Block {
    Segment* next = nullptr;
    Cursor base = 0;       // position of its first byte
    uint32_t readers = 0;  // cursors c with base <= c < end()

    char* data() { return reinterpret_cast<char*>(this + 1); }
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
    Cursor end() const { return base + used; }
  };

  // The longest frame.
  static constexpr size_t kMaxFrame = BlockPool::kBytes[BlockPool::kClasses - 1] - sizeof(Segment);

  Stream(BlockPool& pool, Room* owner) : pool_(pool), owner_(owner) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Cursor head() const { return head_; }                          // where the next frame will begin
  Cursor tail() const { return first_ ? first_->base : head_; }  // the oldest byte kept
  size_t readers() const { return readers_; }

  // Returns true if this is the stream's oldest block of memory.
  bool owns(const Block& segment) const { return first_ == &segment; }

  // Appends one frame, given in two parts of together at most kMaxFrame bytes.
  void append(std::string_view header, std::string_view payload) override;

  // The end of the stream. roll_back() takes back what was appended since. Until then no reader may come, move or go.
  struct Mark {
    Cursor head;
    size_t at_head;
  };
  Mark mark() const { return {head_, at_head_}; }
  void roll_back(const Mark& mark);

  // Adds a reader, which will see what is appended from now on.
  Cursor join();
  void leave(Cursor cursor);

  // Bytes that a reader has not been sent yet, contiguous; empty if it is caught up. They end where a segment ends or
  // at `stop`, whichever comes first. Precondition: cursor is in [tail(), head()], stop >= cursor.
  std::string_view unread(Cursor cursor, Cursor stop) const;

  // Moves a reader on by bytes that it has been sent. Returns its new position.
  [[nodiscard]] Cursor advance(Cursor cursor, size_t bytes);

  // The bytes of unread() stay where they are until something is appended. Between these two calls they stay longer,
  // even if more is appended and nobody needs them any more.
  void hold() { held_ = true; }
  void release();

 private:
  void extend(size_t size);
  Segment* segment_of(Cursor cursor) const;
  void enter(Cursor cursor);
  void exit(Cursor cursor);
  void free_unneeded();

  BlockPool& pool_;
  Room* owner_;
  Segment* first_ = nullptr;
  Segment* last_ = nullptr;
  Cursor head_ = 0;
  size_t readers_ = 0;
  size_t at_head_ = 0;  // readers that are caught up; they stand in no segment
  bool held_ = false;
};

}  // namespace lws_chat
