// Reads compressed messages, RFC 7692: each by itself.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

class Inflater {
 public:
  explicit Inflater(size_t most) : message_(most, '\0') {
    if (inflateInit2(&stream_, -15) != Z_OK) throw std::runtime_error("inflateInit2");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Valid until the next call. Empty: the payload is not a compressed message, or too long.
  std::string_view inflate(std::string_view payload) {
    inflateReset(&stream_);
    stream_.next_out = reinterpret_cast<Bytef*>(message_.data());
    stream_.avail_out = static_cast<uInt>(message_.size());
    for (std::string_view part : {payload, std::string_view("\x00\x00\xff\xff", 4)}) {
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      stream_.avail_in = static_cast<uInt>(part.size());
      if (::inflate(&stream_, Z_SYNC_FLUSH) != Z_OK || stream_.avail_in > 0) return {};
    }
    return std::string_view(message_).substr(0, message_.size() - stream_.avail_out);
  }

 private:
  z_stream stream_{};
  std::string message_;
};

}  // namespace bench
