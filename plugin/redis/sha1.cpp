#include "redis/sha1.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace lws_chat {
namespace {

using State = std::array<uint32_t, 5>;
constexpr size_t kBlock = 64;  // bytes

uint32_t rotated(uint32_t word, unsigned bits) { return word << bits | word >> (32 - bits); }

void add_block(State& state, const char* bytes) {
  std::array<uint32_t, 80> words{};
  for (size_t i = 0; i < kBlock; ++i) words[i / 4] = words[i / 4] << 8 | static_cast<unsigned char>(bytes[i]);
  for (size_t i = 16; i < words.size(); ++i)
    words[i] = rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  auto [a, b, c, d, e] = state;
  for (size_t i = 0; i < words.size(); ++i) {
    uint32_t mixed = 0;
    switch (i / 20) {
      case 0: mixed = ((b & c) | (~b & d)) + 0x5a827999; break;
      case 1: mixed = (b ^ c ^ d) + 0x6ed9eba1; break;
      case 2: mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc; break;
      default: mixed = (b ^ c ^ d) + 0xca62c1d6;
    }
    uint32_t next = rotated(a, 5) + mixed + e + words[i];
    e = d;
    d = c;
    c = rotated(b, 30);
    b = a;
    a = next;
  }
  const State worked = {a, b, c, d, e};
  for (size_t i = 0; i < state.size(); ++i) state[i] += worked[i];
}

}  // namespace

std::string sha1_hex(std::string_view text) {
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % kBlock != kBlock - 8) padded += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) padded += static_cast<char>(uint64_t{text.size()} * 8 >> shift);

  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (size_t at = 0; at < padded.size(); at += kBlock) add_block(state, padded.data() + at);
  std::string hex;
  for (uint32_t word : state)
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 15];
  return hex;
}

}  // namespace lws_chat
