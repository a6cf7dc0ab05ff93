// Durations from 1 ns to 2^47 ns (39 hours), in buckets whose width is at most 1/64 of their value.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "clock.h"

namespace bench {

class Histogram {
 public:
  void add(Nanoseconds value) {
    auto positive = static_cast<uint64_t>(std::max<Nanoseconds>(value, 0));
    ++buckets_[index(positive)];
    ++count_;
    max_ = std::max(max_, value);
  }

  void clear() { *this = Histogram(); }
  uint64_t count() const { return count_; }
  Nanoseconds max() const { return max_; }

  // The upper edge of the bucket at which this share of all values is reached. 0: there are no values.
  Nanoseconds quantile(double share) const {
    auto wanted = static_cast<uint64_t>(static_cast<double>(count_) * share);
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted || (seen == count_ && count_ > 0)) return std::min(upper_edge(i), max_);
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kPowers = 42;

  static size_t index(uint64_t value) {
    if (value < 1U << (kBits + 1)) return static_cast<size_t>(value);
    unsigned shift = 63U - static_cast<unsigned>(__builtin_clzll(value)) - kBits;
    if (shift >= kPowers - 1) return (static_cast<size_t>(kPowers) << kBits) - 1;
    return (static_cast<size_t>(shift) << kBits) + static_cast<size_t>(value >> shift);
  }

  static Nanoseconds upper_edge(size_t index) {
    if (index < 1U << (kBits + 1)) return static_cast<Nanoseconds>(index);
    size_t shift = (index >> kBits) - 1;
    return static_cast<Nanoseconds>(((index & ((1U << kBits) - 1)) + (1U << kBits) + 1) << shift) - 1;
  }

  std::array<uint64_t, (static_cast<size_t>(kPowers) + 1) << kBits> buckets_{};
  uint64_t count_ = 0;
  Nanoseconds max_ = 0;
};

}  // namespace bench
