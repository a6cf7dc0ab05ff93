#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lws_chat {

// A histogram as Prometheus reads it: counts by upper bound, and the sum of all values.
template <size_t kBounds>
class Histogram {
 public:
  // The bounds ascend. Values above the last bound have a count of their own.
  explicit Histogram(const std::array<double, kBounds>& bounds) : bounds_(bounds) {}

  void observe(double value) {
    size_t i = 0;
    while (i < kBounds && value > bounds_[i]) ++i;
    ++counts_[i];
    sum_ += value;
  }

  // Adds the values of another one with the same bounds.
  void add(const Histogram& other) {
    for (size_t i = 0; i <= kBounds; ++i) counts_[i] += other.counts_[i];
    sum_ += other.sum_;
  }

  const std::array<double, kBounds>& bounds() const { return bounds_; }
  const std::array<uint64_t, kBounds + 1>& counts() const { return counts_; }
  double sum() const { return sum_; }

 private:
  std::array<double, kBounds> bounds_;
  std::array<uint64_t, kBounds + 1> counts_{};
  double sum_ = 0;
};

}  // namespace lws_chat
