#include "sqlite/checksum.h"

#include <array>
#include <cstddef>

namespace lws_chat {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// Table k has the checksum of a byte with k zero bytes behind it, so that eight bytes are done in one step.
constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) ? kPolynomial : 0);
    tables[0][byte] = sum;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

uint32_t checksum(std::string_view bytes, uint32_t before) {
  uint32_t sum = ~before;
  auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  while (bytes.size() >= 8) {
    uint32_t next = 0;
    for (size_t i = 0; i < 4; ++i) next ^= kTables[7 - i][(sum >> (8 * i) & 0xff) ^ at(i)];
    for (size_t i = 4; i < 8; ++i) next ^= kTables[7 - i][at(i)];
    sum = next;
    bytes.remove_prefix(8);
  }
  for (char byte : bytes) sum = (sum >> 8) ^ kTables[0][(sum ^ static_cast<uint8_t>(byte)) & 0xff];
  return ~sum;
}

}  // namespace lws_chat
