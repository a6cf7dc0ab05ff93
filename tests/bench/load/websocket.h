// The parts of RFC 6455 that a load generator and a minimal server need: frame headers and the handshake's hash.
#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

enum class Opcode : uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

// A frame at the beginning of a buffer. `size` is 0 while it is incomplete.
struct Frame {
  Opcode opcode = Opcode::kContinuation;
  bool final = false;
  bool masked = false;
  bool compressed = false;  // RFC 7692: the first frame of a compressed message
  char* payload = nullptr;
  size_t payload_size = 0;
  size_t size = 0;
};

// Section 5.2. The payload stays in the buffer, masked if it was.
inline Frame first_frame(char* bytes, size_t size) {
  Frame frame;
  if (size < 2) return frame;
  auto at = [bytes](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  size_t header = 2;
  uint64_t length = at(1) & 0x7f;
  if (length == 126) {
    header = 4;
    if (size < header) return frame;
    length = static_cast<uint64_t>(at(2)) << 8 | at(3);
  } else if (length == 127) {
    header = 10;
    if (size < header) return frame;
    length = 0;
    for (size_t i = 2; i < 10; ++i) length = length << 8 | at(i);
  }
  frame.masked = (at(1) & 0x80) != 0;
  if (frame.masked) header += 4;
  frame.opcode = static_cast<Opcode>(at(0) & 0x0f);
  frame.final = (at(0) & 0x80) != 0;
  frame.compressed = (at(0) & 0x40) != 0;
  frame.payload = bytes + header;
  frame.payload_size = static_cast<size_t>(length);
  if (length <= size && size - length >= header) frame.size = header + frame.payload_size;
  return frame;
}

// Section 5.3: the same operation masks and unmasks.
inline void apply_mask(char* payload, size_t size, const char key[4]) {
  uint32_t key32;
  std::memcpy(&key32, key, 4);
  uint64_t key64 = static_cast<uint64_t>(key32) << 32 | key32;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    std::memcpy(&word, payload + i, 8);
    word ^= key64;
    std::memcpy(payload + i, &word, 8);
  }
  for (; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
}

// Appends a whole frame to `out`; `key` is the client's mask, null for a server.
inline void append_frame(std::string& out, Opcode opcode, std::string_view payload, const char* key) {
  uint8_t mask_bit = key ? 0x80 : 0;
  out.push_back(static_cast<char>(0x80 | static_cast<uint8_t>(opcode)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(mask_bit | payload.size()));
  } else if (payload.size() < 65536) {
    out.push_back(static_cast<char>(mask_bit | 126));
    out.push_back(static_cast<char>(payload.size() >> 8));
    out.push_back(static_cast<char>(payload.size() & 0xff));
  } else {
    out.push_back(static_cast<char>(mask_bit | 127));
    for (unsigned i = 0; i < 8; ++i)
      out.push_back(static_cast<char>(static_cast<uint64_t>(payload.size()) >> (56 - 8 * i) & 0xff));
  }
  if (key) out.append(key, 4);
  out.append(payload);
  if (key) apply_mask(out.data() + out.size() - payload.size(), payload.size(), key);
}

inline std::string base64(const unsigned char* bytes, size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<size_t>(length));
  return text;
}

// Section 4.2.2: the server's Sec-WebSocket-Accept.
inline std::string accept_of(std::string_view key) {
  std::string text(key);
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char hash[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  return base64(hash, sizeof hash);
}

}  // namespace bench
