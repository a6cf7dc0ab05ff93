#include "wire/deflater.h"

#include <new>

#include "core/release.h"
#include "wire/frame.h"

namespace lws_chat {
namespace {

// Measured with JSON of 1 KB: level 6 takes 30 us and leaves 35 %, level 1 takes 25 us and leaves 38 %.
constexpr int kLevel = 6;

// Negative for zlib: no header. The window is the largest; clients that want a smaller one get no compression.
constexpr int kWindowBits = -15;
constexpr int kMemory = 8;  // zlib's default

// Larger messages stay as they are, because compressing one would hold up everybody else: 1 MiB takes 30 ms.
constexpr size_t kMost = 262144;

// A longer buffer is not kept for the next message.
constexpr size_t kKept = 65536;

// Every flush of zlib ends with these bytes. RFC 7692 section 7.2.1 leaves them out.
constexpr size_t kTail = 4;

template <typename Visit>
void each_frame(std::string_view frames, Visit&& visit) {
  while (!frames.empty()) {
    Frame frame = first_frame(frames);
    visit(frame, frames.substr(0, frame.size));
    frames.remove_prefix(frame.size);
  }
}

}  // namespace

Deflater::~Deflater() {
  if (ready_) deflateEnd(&stream_);
}

void Deflater::pack(FrameSink& sink, std::string_view frames) {
  size_t payload = 0;
  each_frame(frames, [&](const Frame& frame, std::string_view) { payload += frame.payload.size(); });
  if (payload >= from_ && payload <= kMost && deflate_payload(frames, payload)) {
    append_compressed(sink, first_frame(frames).opcode, compressed_);
    counters_.add(payload, compressed_.size());
  } else {
    each_frame(frames, [&](const Frame& frame, std::string_view bytes) {
      size_t header = bytes.size() - frame.payload.size();
      sink.append(bytes.substr(0, header), frame.payload);
    });
  }
  if (compressed_.capacity() > kKept) release(compressed_);
}

// Writes what RFC 7692 section 7.2.1 makes of the payload into `compressed_`. Returns false if that is not shorter.
bool Deflater::deflate_payload(std::string_view frames, size_t payload) {
  if (!begin()) throw std::bad_alloc();
  compressed_.resize(payload + kTail);
  stream_.next_out = reinterpret_cast<Bytef*>(compressed_.data());
  stream_.avail_out = static_cast<uInt>(compressed_.size());
  each_frame(frames, [&](const Frame& frame, std::string_view bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(frame.payload.data()));
    stream_.avail_in = static_cast<uInt>(frame.payload.size());
    deflate(&stream_, bytes.end() == frames.end() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
  });
  // zlib has written everything if there is room left.
  if (stream_.avail_in > 0 || stream_.avail_out == 0) return false;
  compressed_.resize(compressed_.size() - stream_.avail_out - kTail);
  return compressed_.size() < payload;
}

bool Deflater::begin() {
  if (ready_) return deflateReset(&stream_) == Z_OK;
  ready_ = deflateInit2(&stream_, kLevel, Z_DEFLATED, kWindowBits, kMemory, Z_DEFAULT_STRATEGY) == Z_OK;
  return ready_;
}

}  // namespace lws_chat
