#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "core/log/packer.h"
#include "wire/compression_counters.h"

namespace lws_chat {

// Compresses messages for WebSockets with permessage-deflate, RFC 7692 section 7.2.1: each by itself, so that all
// readers can be sent the same bytes. Holds about 260 KB from the first message on.
class Deflater final : public Packer {
 public:
  // Messages with shorter payloads, in bytes, stay as they are.
  explicit Deflater(size_t from) : from_(from) {}
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  void pack(FrameSink& sink, std::string_view frames) override;

  const CompressionCounters& counters() const { return counters_; }

 private:
  bool deflate_payload(std::string_view frames, size_t payload);
  bool begin();

  const size_t from_;
  z_stream stream_{};
  bool ready_ = false;
  std::string compressed_;  // the payload of the last message
  CompressionCounters counters_;
};

}  // namespace lws_chat
