#include "wire/inflater.h"

#include <algorithm>
#include <new>

namespace lws_chat {
namespace {

constexpr int kWindowBits = -15;  // negative for zlib: no header

// The sender leaves these bytes out, which end its last block (RFC 7692 section 7.2.2).
constexpr std::string_view kTail("\x00\x00\xff\xff", 4);

// The room for a message begins with so many times its compressed size, in bytes, and doubles.
constexpr size_t kFirstGuess = 4;
constexpr size_t kLeast = 1024;

// Set by zlib in data_type where a block ends.
constexpr int kBetweenBlocks = 128;

}  // namespace

Inflater::~Inflater() {
  if (ready_) inflateEnd(&stream_);
}

Inflated Inflater::inflate(std::string& message, std::string_view payload, size_t limit) {
  if (!begin()) throw std::bad_alloc();
  message.resize(std::min(limit + 1, std::max(kLeast, kFirstGuess * payload.size())));
  stream_.next_out = reinterpret_cast<Bytef*>(message.data());
  stream_.avail_out = static_cast<uInt>(message.size());
  Inflated result = read(message, payload, limit);
  // Behind a last block there should be an empty one, without its tail. Some senders leave it out.
  bool whole = ended_;
  if (result == Inflated::kOk && !whole) {
    result = read(message, kTail, limit);
    whole = ended_ || (stream_.data_type & kBetweenBlocks) != 0;
  }
  message.resize(message.size() - stream_.avail_out);
  if (result != Inflated::kOk) return result;
  if (message.size() > limit) return Inflated::kTooLong;
  if (!whole) return Inflated::kBroken;
  counters_.add(message.size(), payload.size());
  return Inflated::kOk;
}

bool Inflater::begin() {
  ended_ = false;
  if (ready_) return inflateReset(&stream_) == Z_OK;
  ready_ = inflateInit2(&stream_, kWindowBits) == Z_OK;
  return ready_;
}

Inflated Inflater::read(std::string& message, std::string_view input, size_t limit) {
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream_.avail_in = static_cast<uInt>(input.size());
  while (stream_.avail_in > 0 || stream_.avail_out == 0) {
    if (stream_.avail_out == 0 && !make_room(message, limit)) return Inflated::kTooLong;
    ended_ = false;
    int result = ::inflate(&stream_, Z_SYNC_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END) {
      // More blocks may follow.
      ended_ = true;
      inflateReset(&stream_);
    } else if (result == Z_BUF_ERROR) {
      break;
    } else if (result != Z_OK) {
      return Inflated::kBroken;
    }
  }
  return Inflated::kOk;
}

bool Inflater::make_room(std::string& message, size_t limit) {
  size_t used = message.size();
  if (used > limit) return false;
  message.resize(std::min(limit + 1, 2 * used));
  stream_.next_out = reinterpret_cast<Bytef*>(message.data()) + used;
  stream_.avail_out = static_cast<uInt>(message.size() - used);
  return true;
}

}  // namespace lws_chat
