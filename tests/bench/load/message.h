// The messages of the generator: texts of fixed size, with all data to verify and time each copy.
//
//   run (8 hex digits) publisher (4) sequence number (8) time of sending in ns (16) padding
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "clock.h"

namespace bench {

constexpr size_t kHeaderSize = 36;

struct Message {
  uint32_t run = 0;
  uint32_t publisher = 0;
  uint32_t sequence = 0;
  Nanoseconds sent = 0;
};

class MessageFormat {
 public:
  MessageFormat(size_t size, bool json) : text_(size, '.') {
    digits_.fill(0xff);
    for (uint8_t i = 0; i < 16; ++i) digits_[static_cast<uint8_t>(kHex[i])] = i;
    // This padding changes when bytes are shifted.
    for (size_t i = kHeaderSize; i < size; ++i) text_[i] = static_cast<char>('a' + i % 23);
    if (json) text_.replace(kHeaderSize, std::string::npos, trades(size - kHeaderSize));
  }

  // Valid until the next call.
  std::string_view write(const Message& message) {
    put(0, 8, message.run);
    put(8, 4, message.publisher);
    put(12, 8, message.sequence);
    put(20, 16, static_cast<uint64_t>(message.sent));
    return text_;
  }

  // Returns false if write() cannot have made the text.
  bool read(std::string_view text, Message& message) const {
    if (text.size() != text_.size()) return false;
    uint8_t wrong = 0;
    message.run = static_cast<uint32_t>(get(text, 0, 8, wrong));
    message.publisher = static_cast<uint32_t>(get(text, 8, 4, wrong));
    message.sequence = static_cast<uint32_t>(get(text, 12, 8, wrong));
    message.sent = static_cast<Nanoseconds>(get(text, 20, 16, wrong));
    return !(wrong & 0xf0) &&
           std::memcmp(text.data() + kHeaderSize, text_.data() + kHeaderSize, text_.size() - kHeaderSize) == 0;
  }

 private:
  // A list of objects. zlib leaves about 35 % of a thousand bytes.
  static std::string trades(size_t size) {
    std::string text;
    uint32_t seed = 12345;
    auto next = [&seed](uint32_t range) { return ((seed = seed * 1103515245 + 12345) >> 8 & 0xffff) % range; };
    while (text.size() < size) {
      text += "{\"id\":" + std::to_string(next(1 << 16) * 1000 + next(1000)) + ",\"symbol\":\"";
      for (int i = 0; i < 3; ++i) text += static_cast<char>('A' + next(26));
      text += "\",\"price\":" + std::to_string(next(1000)) + "." + std::to_string(10 + next(90)) +
              ",\"volume\":" + std::to_string(next(5000)) + ",\"side\":\"" + (next(2) ? "buy" : "sell") + "\"},";
    }
    return text.substr(0, size);
  }

  static constexpr char kHex[] = "0123456789abcdef";

  void put(size_t at, size_t digits, uint64_t value) {
    for (size_t i = digits; i > 0; --i, value >>= 4) text_[at + i - 1] = kHex[value & 15];
  }

  uint64_t get(std::string_view text, size_t at, size_t digits, uint8_t& wrong) const {
    uint64_t value = 0;
    for (size_t i = at; i < at + digits; ++i) {
      uint8_t digit = digits_[static_cast<uint8_t>(text[i])];
      wrong |= digit;
      value = value << 4 | (digit & 15);
    }
    return value;
  }

  std::string text_;
  std::array<uint8_t, 256> digits_{};
};

}  // namespace bench
