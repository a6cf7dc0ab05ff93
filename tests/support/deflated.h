#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

// Raw deflate with zlib alone, for tests of what clients send and read.
namespace lws_chat {

// Compresses as a client does (RFC 7692 section 7.2.1). With Z_FINISH the last block says that it is the last.
inline std::string deflated(std::string_view text, int level = 6, int flush = Z_SYNC_FLUSH) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("zlib");
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, flush);
  out.resize(out.size() - stream.avail_out - (flush == Z_FINISH ? 0 : 4));
  deflateEnd(&stream);
  return out;
}

// Reads a compressed payload as a client does (RFC 7692 section 7.2.2).
inline std::string inflated(std::string payload) {
  payload.append("\x00\x00\xff\xff", 4);
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) throw std::runtime_error("zlib");
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(payload.data());
  stream.avail_in = static_cast<uInt>(payload.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int result = inflate(&stream, Z_SYNC_FLUSH);
  out.resize(out.size() - stream.avail_out);
  bool whole = result == Z_OK && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) throw std::runtime_error("not a compressed message");
  return out;
}

}  // namespace lws_chat
