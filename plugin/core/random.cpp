#include "core/random.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace lws_chat {

void system_random(unsigned char* bytes, size_t size) {
  while (size > 0) {
    ssize_t got = getrandom(bytes, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    bytes += got;
    size -= static_cast<size_t>(got);
  }
}

uint64_t Random::next() {
  if (used_ == block_.size()) {
    source_(reinterpret_cast<unsigned char*>(block_.data()), sizeof block_);
    used_ = 0;
  }
  // Numbers that were given out are not kept.
  return std::exchange(block_[used_++], 0);
}

std::string random_epoch(Random& random) {
  uint64_t x = random.next();
  std::string text;
  for (int i = 0; i < 8; ++i, x /= 36) text += "0123456789abcdefghijklmnopqrstuvwxyz"[x % 36];
  return text;
}

}  // namespace lws_chat
