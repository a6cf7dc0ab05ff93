#include "core/segment_pool.h"

#include <cassert>
#include <new>

namespace lws_chat {

SegmentPool::~SegmentPool() {
  assert(in_use_ == 0);
  for (Segment* list : spare_) {
    while (list) {
      Segment* next = list->next;
      ::operator delete(list);
      list = next;
    }
  }
}

Segment* SegmentPool::take(uint32_t size_class, size_t bytes) {
  assert(bytes <= kLargest);
  while (kBlockBytes[size_class] - sizeof(Segment) < bytes) ++size_class;
  Segment* segment = spare_[size_class];
  if (segment) {
    spare_[size_class] = segment->next;
    spare_bytes_[size_class] -= kBlockBytes[size_class];
  } else {
    segment = static_cast<Segment*>(::operator new(kBlockBytes[size_class]));
  }
  in_use_ += kBlockBytes[size_class];
  *segment = Segment{nullptr, 0, 0, static_cast<uint32_t>(kBlockBytes[size_class] - sizeof(Segment)), 0, size_class};
  return segment;
}

void SegmentPool::give(Segment* segment) {
  uint32_t size_class = segment->size_class;
  in_use_ -= kBlockBytes[size_class];
  if (spare_bytes_[size_class] + kBlockBytes[size_class] > kSpareBytes) {
    ::operator delete(segment);
    return;
  }
  segment->next = spare_[size_class];
  spare_[size_class] = segment;
  spare_bytes_[size_class] += kBlockBytes[size_class];
}

}  // namespace lws_chat
