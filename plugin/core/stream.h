#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/segment_pool.h"

namespace lws_chat {

// A position in a stream: how many bytes of it came before.
using Cursor = uint64_t;

// What a room sends to the readers of one dialect: an append-only sequence of ready-to-send frames.
//
// A reader is a cursor that the stream has handed out by join() and is given back by leave(). The
// stream keeps the bytes from the slowest cursor on and frees a segment as soon as no cursor stands
// in it. A segment holds whole frames, so a cursor that moved by what unread() gave stands between
// two frames.
class Stream {
 public:
  explicit Stream(SegmentPool& pool) : pool_(pool) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Cursor head() const { return head_; }                          // where the next frame will begin
  Cursor tail() const { return first_ ? first_->base : head_; }  // the oldest byte kept
  size_t readers() const { return readers_; }

  // Appends one frame, given in two parts that together fit a segment (SegmentPool::kLargest).
  void append(std::string_view header, std::string_view payload);

  // A new reader, which will see what is appended from now on.
  Cursor join();
  void leave(Cursor cursor);

  // Bytes that a reader has not been sent yet, contiguous; empty when it is caught up. It ends where
  // a segment ends or at `stop`, whichever comes first.
  // Precondition: cursor is in [tail(), head()], stop >= cursor.
  std::string_view unread(Cursor cursor, Cursor stop) const;

  // Moves a reader on by bytes that it has been sent. Returns where it stands now.
  [[nodiscard]] Cursor advance(Cursor cursor, size_t bytes);

 private:
  Segment* segment_of(Cursor cursor) const;
  void enter(Cursor cursor);
  void exit(Cursor cursor);
  void free_unneeded();

  SegmentPool& pool_;
  Segment* first_ = nullptr;
  Segment* last_ = nullptr;
  Cursor head_ = 0;
  size_t readers_ = 0;
  size_t at_head_ = 0;  // readers that are caught up; they stand in no segment
};

}  // namespace lws_chat
