#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lws_chat {

// How often values of which size were seen, as Prometheus wants it: counts by upper bound, sum and count.
template <size_t kBounds>
class Histogram {
 public:
  // The bounds ascend; what is above the last one has a count of its own.
  explicit Histogram(const std::array<double, kBounds>& bounds) : bounds_(bounds) {}

  void observe(double value) {
    size_t i = 0;
    while (i < kBounds && value > bounds_[i]) ++i;
    ++counts_[i];
    sum_ += value;
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
