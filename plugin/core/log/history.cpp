#include "core/log/history.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <functional>
#include <limits>

namespace lws_chat {

// A record is followed by its version, if it has one, its publisher, its tags and its payload; the next one is aligned
// for its header.
size_t History::space(const Record& record) {
  constexpr size_t kAlign = alignof(Record);
  return sizeof(Record) + (record.version_size() + record.extra() + record.size + kAlign - 1) / kAlign * kAlign;
}

// A message too large for a record or for the limits is not kept, nor is anything before it: a gap inside would be
// worse than a short history.
void History::forget_all_before_next() {
  clear();
  ++top_;
}

void History::add(const Message& message, Time now) {
  constexpr size_t kMostExtra = std::numeric_limits<int16_t>::max();  // 15 bits
  if (message.payload.size() > kMaxSize || message.publisher.size() > kMostExtra || message.tags.size() > kMostExtra)
    return forget_all_before_next();
  Record record{now,
                message.unix_ms,
                static_cast<uint32_t>(message.payload.size()) & kMaxSize,
                static_cast<uint32_t>(message.format) & 3u,
                static_cast<uint16_t>(message.publisher.size()),
                static_cast<uint16_t>(message.tags.size() & kMostExtra),
                message.version > 0};
  if (limits_.messages == 0 || record.size + record.extra() > limits_.bytes) return forget_all_before_next();
  size_t need = space(record);
  if (!last_page_ || last_page_->capacity - last_page_->used < need) {
    uint32_t size_class = last_page_ ? BlockPool::larger(last_page_->size_class) : 0;
    auto* page = pool_.take<Page>(BlockKind::kHistory, owner_, size_class, need);
    page->first_offset = top_ + 1;
    (last_page_ ? last_page_->next : first_page_) = page;
    last_page_ = page;
  }
  char* to = last_page_->data() + last_page_->used;
  std::memcpy(to, &record, sizeof record);
  to += sizeof record;
  if (record.versioned) std::memcpy(to, &message.version, sizeof message.version);
  to += record.version_size();
  for (std::string_view part : {message.publisher, message.tags, message.payload}) {
    if (!part.empty()) std::memcpy(to, part.data(), part.size());
    to += part.size();
  }
  last_page_->used += static_cast<uint32_t>(need);
  ++last_page_->count;
  ++count_;
  ++top_;
  bytes_ += record.size + record.extra();
  version_ = message.version;
  if (message.version > 0) version_epoch_ = std::hash<std::string_view>()(message.version_epoch);
  while (count_ > std::min(limits_.messages, limits_.in_memory) || bytes_ > limits_.bytes) forget_oldest();
  expire(now);
}

bool History::is_outdated(const Message& message) const {
  if (message.version == 0 || message.version > version_) return false;
  return message.version_epoch.empty() || std::hash<std::string_view>()(message.version_epoch) == version_epoch_;
}

void History::expire(Time now) {
  while (count_ > 0) {
    Record oldest;
    std::memcpy(&oldest, first_page_->data() + first_page_->begin, sizeof oldest);
    if (oldest.time + limits_.age > now) return;
    forget_oldest();
    fresh_from_ = first();
  }
}

void History::shift_times(Time by) {
  for (Page* page = first_page_; page; page = page->next) {
    char* at = page->data() + page->begin;
    for (uint32_t left = page->count; left > 0; --left) {
      Record record;
      std::memcpy(&record, at, sizeof record);
      record.time += by;
      std::memcpy(at, &record, sizeof record);
      at += space(record);
    }
  }
}

History::Reader History::from(uint64_t offset) const {
  assert(offset >= first() && offset <= top_ + 1);
  const Page* page = first_page_;
  if (!page) return {nullptr, nullptr, offset};
  while (page->next && offset >= page->next->first_offset) page = page->next;
  const char* at = page->data() + page->begin;
  for (uint64_t skipped = page->first_offset; skipped < offset; ++skipped) {
    Record record;
    std::memcpy(&record, at, sizeof record);
    at += space(record);
  }
  return {page, at, offset};
}

History::Entry History::Reader::next() {
  if (offset_ == page_->first_offset + page_->count) {
    page_ = page_->next;
    at_ = page_->data() + page_->begin;
  }
  Record record;
  std::memcpy(&record, at_, sizeof record);
  uint64_t version = 0;
  if (record.versioned) std::memcpy(&version, at_ + sizeof record, sizeof version);
  const char* publisher = at_ + sizeof record + record.version_size();
  at_ += space(record);
  const char* tags = publisher + record.publisher_size;
  Message message{{tags + record.tags_size, record.size},
                  static_cast<Format>(record.format),
                  {publisher, record.publisher_size},
                  {tags, record.tags_size},
                  false,
                  record.unix_ms,
                  version};
  return {offset_++, record.time, message};
}

void History::forget_oldest() {
  Page* page = first_page_;
  Record oldest;
  std::memcpy(&oldest, page->data() + page->begin, sizeof oldest);
  bytes_ -= oldest.size + oldest.extra();
  --count_;
  page->begin += static_cast<uint32_t>(space(oldest));
  ++page->first_offset;
  if (--page->count > 0) return;
  first_page_ = page->next;
  if (!first_page_) last_page_ = nullptr;
  pool_.give(page);
}

void History::forget_oldest_page() {
  for (uint32_t left = first_page_ ? first_page_->count : 0; left > 0; --left) forget_oldest();
}

void History::clear() {
  while (count_ > 0) forget_oldest();
}

}  // namespace lws_chat
