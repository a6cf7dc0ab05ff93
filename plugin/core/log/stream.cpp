#include "core/log/stream.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace lws_chat {

Stream::~Stream() {
  assert(readers_ == 0);
  while (first_) {
    Segment* next = first_->next;
    pool_.give(first_);
    first_ = next;
  }
}

void Stream::append(std::string_view header, std::string_view payload) {
  size_t size = header.size() + payload.size();
  assert(size <= kMaxFrame);
  if (!last_ || last_->capacity - last_->used < size) extend(size);
  char* to = last_->data() + last_->used;
  std::memcpy(to, header.data(), header.size());
  if (!payload.empty()) std::memcpy(to + header.size(), payload.data(), payload.size());
  last_->used += static_cast<uint32_t>(size);
  head_ += size;
  // Readers that were caught up now stand at the first byte of this frame.
  last_->readers += static_cast<uint32_t>(at_head_);
  at_head_ = 0;
  if (readers_ == 0) free_unneeded();
}

// Makes room for a frame after the last one.
void Stream::extend(size_t size) {
  uint32_t size_class = last_ ? BlockPool::larger(last_->size_class) : 0;
  // Unread bytes that fit one segment stay in one, so that they leave by one write.
  bool move = last_ && first_ == last_ && !held_ && last_->used + size <= kMaxFrame;
  auto* fresh = pool_.take<Segment>(BlockKind::kStream, owner_, size_class, move ? last_->used + size : size);
  fresh->base = head_;
  if (move) {
    fresh->base = last_->base;
    fresh->readers = last_->readers;
    fresh->used = last_->used;
    std::memcpy(fresh->data(), last_->data(), last_->used);
    pool_.give(last_);
    first_ = fresh;
  } else {
    (last_ ? last_->next : first_) = fresh;
  }
  last_ = fresh;
}

void Stream::roll_back(const Mark& mark) {
  if (head_ == mark.head) return;
  Segment* kept = nullptr;
  for (Segment* segment = first_; segment && segment->base < mark.head; segment = segment->next) kept = segment;
  Segment* dropped = kept ? kept->next : first_;
  if (kept && kept->end() > mark.head) {
    // A reader that was caught up stands again behind its last byte.
    kept->used = static_cast<uint32_t>(mark.head - kept->base);
    kept->readers -= static_cast<uint32_t>(mark.at_head);
  }
  (kept ? kept->next : first_) = nullptr;
  last_ = kept;
  while (dropped) {
    Segment* next = dropped->next;
    pool_.give(dropped);
    dropped = next;
  }
  head_ = mark.head;
  at_head_ = mark.at_head;
}

Cursor Stream::join() {
  ++readers_;
  enter(head_);
  return head_;
}

void Stream::leave(Cursor cursor) {
  assert(readers_ > 0);
  --readers_;
  exit(cursor);
  free_unneeded();
}

std::string_view Stream::unread(Cursor cursor, Cursor stop) const {
  assert(cursor >= tail() && cursor <= head_ && stop >= cursor);
  if (cursor == head_) return {};
  const Segment* segment = segment_of(cursor);
  return {segment->data() + (cursor - segment->base), static_cast<size_t>(std::min(segment->end(), stop) - cursor)};
}

Cursor Stream::advance(Cursor cursor, size_t bytes) {
  if (bytes == 0) return cursor;
  exit(cursor);
  enter(cursor + bytes);
  free_unneeded();
  return cursor + bytes;
}

Stream::Segment* Stream::segment_of(Cursor cursor) const {
  if (cursor >= last_->base) return last_;
  Segment* segment = first_;
  while (cursor >= segment->end()) segment = segment->next;
  return segment;
}

void Stream::enter(Cursor cursor) {
  if (cursor == head_)
    ++at_head_;
  else
    ++segment_of(cursor)->readers;
}

void Stream::exit(Cursor cursor) {
  if (cursor == head_)
    --at_head_;
  else
    --segment_of(cursor)->readers;
}

void Stream::release() {
  held_ = false;
  free_unneeded();
}

void Stream::free_unneeded() {
  if (held_) return;
  while (first_ && first_->readers == 0) {
    Segment* next = first_->next;
    pool_.give(first_);
    first_ = next;
  }
  if (!first_) last_ = nullptr;
}

}  // namespace lws_chat
