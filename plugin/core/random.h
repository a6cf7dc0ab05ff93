#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace lws_chat {

// Fills memory with random bytes.
using RandomSource = std::function<void(unsigned char* bytes, size_t size)>;

// Bytes from getrandom(2), which nobody can predict.
void system_random(unsigned char* bytes, size_t size);

// Random numbers. The source is asked for many at a time.
class Random {
 public:
  explicit Random(RandomSource source) : source_(std::move(source)) {}

  uint64_t next();

 private:
  RandomSource source_;
  std::array<uint64_t, 64> block_{};
  size_t used_ = 64;  // of the block
};

// Returns a name for a life of a room, which no other room is likely to have had: a number in base 36.
std::string random_epoch(Random& random);

}  // namespace lws_chat
