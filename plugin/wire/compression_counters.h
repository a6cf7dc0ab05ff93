#pragma once

#include <cstdint>

namespace lws_chat {

// Compressed messages, and the bytes of their payloads before and after.
struct CompressionCounters {
  uint64_t messages = 0;
  uint64_t plain_bytes = 0;
  uint64_t compressed_bytes = 0;

  void add(uint64_t plain, uint64_t compressed) {
    ++messages;
    plain_bytes += plain;
    compressed_bytes += compressed;
  }
};

}  // namespace lws_chat
