#include "core/history.h"

#include <cassert>
#include <cstring>

namespace lws_chat {

// Records are aligned for their header.
size_t History::space(size_t payload) {
  constexpr size_t kAlign = alignof(Record);
  return sizeof(Record) + (payload + kAlign - 1) / kAlign * kAlign;
}

void History::add(const Message& message, Time now) {
  ++top_;
  if (limits_.messages == 0 || message.payload.size() > limits_.bytes) {
    // A gap inside would be worse than a short history.
    clear();
    return;
  }
  size_t need = space(message.payload.size());
  if (!last_page_ || last_page_->capacity - last_page_->used < need) {
    uint32_t size_class = last_page_ ? BlockPool::larger(last_page_->size_class) : 0;
    auto* page = pool_.take<Page>(BlockKind::kHistory, owner_, size_class, need);
    page->first_offset = top_;
    (last_page_ ? last_page_->next : first_page_) = page;
    last_page_ = page;
  }
  Record record{now, static_cast<uint32_t>(message.payload.size()), message.binary};
  char* to = last_page_->data() + last_page_->used;
  std::memcpy(to, &record, sizeof record);
  if (record.size) std::memcpy(to + sizeof record, message.payload.data(), record.size);
  last_page_->used += static_cast<uint32_t>(need);
  ++last_page_->count;
  ++count_;
  bytes_ += record.size;
  while (count_ > limits_.messages || bytes_ > limits_.bytes) drop_oldest();
  expire(now);
}

void History::expire(Time now) {
  while (count_ > 0) {
    Record oldest;
    std::memcpy(&oldest, first_page_->data() + first_page_->begin, sizeof oldest);
    if (oldest.time + limits_.age > now) return;
    drop_oldest();
  }
}

History::Entry History::at(uint64_t offset) const {
  assert(offset >= first() && offset <= top_);
  const Page* page = first_page_;
  while (offset >= page->first_offset + page->count) page = page->next;
  const char* from = page->data() + page->begin;
  Record record;
  for (uint64_t i = page->first_offset;; ++i) {
    std::memcpy(&record, from, sizeof record);
    if (i == offset) break;
    from += space(record.size);
  }
  return {offset, record.time, Message{{from + sizeof record, record.size}, record.binary}};
}

void History::drop_oldest() {
  Page* page = first_page_;
  Record oldest;
  std::memcpy(&oldest, page->data() + page->begin, sizeof oldest);
  bytes_ -= oldest.size;
  --count_;
  page->begin += static_cast<uint32_t>(space(oldest.size));
  ++page->first_offset;
  if (--page->count > 0) return;
  first_page_ = page->next;
  if (!first_page_) last_page_ = nullptr;
  pool_.give(page);
}

void History::drop_oldest_page() {
  for (uint32_t left = first_page_ ? first_page_->count : 0; left > 0; --left) drop_oldest();
}

void History::clear() {
  while (count_ > 0) drop_oldest();
}

}  // namespace lws_chat
