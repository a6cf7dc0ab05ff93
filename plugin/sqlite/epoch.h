#pragma once

#include <cstdint>
#include <string>

#include "core/random.h"

namespace lws_chat {

// An epoch that no room is likely to have had.
inline std::string random_epoch() {
  uint64_t x = Random(system_random).next();
  std::string text;
  for (int i = 0; i < 8; ++i, x /= 36) text += "0123456789abcdefghijklmnopqrstuvwxyz"[x % 36];
  return text;
}

}  // namespace lws_chat
