#pragma once

#include <cstdint>
#include <ctime>

namespace bench {

using Nanoseconds = int64_t;
constexpr Nanoseconds kSecond = 1'000'000'000;

inline Nanoseconds read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

inline Nanoseconds now() { return read_clock(CLOCK_MONOTONIC); }

inline double seconds(Nanoseconds time) { return static_cast<double>(time) / static_cast<double>(kSecond); }

inline Nanoseconds from_seconds(double value) { return static_cast<Nanoseconds>(value * static_cast<double>(kSecond)); }

}  // namespace bench
