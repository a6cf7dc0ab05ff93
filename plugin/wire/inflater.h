#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/compression_counters.h"

namespace lws_chat {

enum class Inflated {
  kOk,
  kBroken,  // not what RFC 7692 allows
  kTooLong  // longer than the limit
};

// Reads messages that clients have compressed with permessage-deflate, RFC 7692 section 7.2.2, each by itself. Holds
// about 40 KB from the first message on.
class Inflater {
 public:
  Inflater() = default;
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Writes the message that a payload stands for into `message`. It never writes more than `limit` bytes, and one.
  [[nodiscard]] Inflated inflate(std::string& message, std::string_view payload, size_t limit);

  const CompressionCounters& counters() const { return counters_; }

 private:
  bool begin();
  Inflated read(std::string& message, std::string_view input, size_t limit);
  bool make_room(std::string& message, size_t limit);

  z_stream stream_{};
  bool ready_ = false;
  bool ended_ = false;  // the last block said that it is the last
  CompressionCounters counters_;
};

}  // namespace lws_chat
