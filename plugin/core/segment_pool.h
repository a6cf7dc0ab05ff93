#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lws_chat {

// A block of a stream: bytes of whole frames, and how many cursors still stand before its end.
struct Segment {
  Segment* next;
  uint64_t base;      // position in the stream of its first byte
  uint32_t used;      // bytes filled
  uint32_t capacity;  // bytes that fit
  uint32_t readers;   // cursors c with base <= c < base + used
  uint32_t size_class;

  char* data() { return reinterpret_cast<char*>(this + 1); }
  const char* data() const { return reinterpret_cast<const char*>(this + 1); }
  uint64_t end() const { return base + used; }
};

// Segments in four sizes, kept for reuse: a room that is published to and read at the same pace
// allocates nothing. An idle room holds no segment at all.
class SegmentPool {
 public:
  static constexpr uint32_t kClasses = 4;
  static constexpr std::array<uint32_t, kClasses> kBlockBytes = {1024, 4096, 16384, 65536};
  static constexpr uint32_t kLargest = kBlockBytes[kClasses - 1] - sizeof(Segment);

  SegmentPool() = default;
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // An empty segment of at least `size_class`, larger if `bytes` would not fit. Precondition: bytes <= kLargest.
  Segment* take(uint32_t size_class, size_t bytes);
  void give(Segment* segment);

  // Bytes of the segments that are out, not of those kept for reuse.
  size_t bytes_in_use() const { return in_use_; }

 private:
  static constexpr size_t kSpareBytes = size_t{1024} * 1024;  // of each class, kept for reuse at most

  std::array<Segment*, kClasses> spare_{};
  std::array<size_t, kClasses> spare_bytes_{};
  size_t in_use_ = 0;
};

}  // namespace lws_chat
