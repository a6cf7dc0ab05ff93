#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Applies deltas in the format of Fossil (fossil-scm.org/home/doc/trunk/www/delta_format.wiki), strictly: whatever is
// not exactly as the format says is refused. Shares nothing with the code that makes deltas.
namespace fossil {

class Reader {
 public:
  explicit Reader(std::string_view delta) : rest_(delta) {}

  bool at_end() const { return rest_.empty(); }

  std::optional<uint64_t> number() {
    uint64_t number = 0;
    size_t digits = 0;
    for (; digits < rest_.size(); ++digits) {
      int digit = value_of(rest_[digits]);
      if (digit < 0) break;
      number = number << 6 | static_cast<uint64_t>(digit);
    }
    if (digits == 0 || digits > 10) return std::nullopt;
    rest_.remove_prefix(digits);
    return number;
  }

  char sign() {
    if (rest_.empty()) return 0;
    char sign = rest_.front();
    rest_.remove_prefix(1);
    return sign;
  }

  std::optional<std::string_view> bytes(uint64_t size) {
    if (size > rest_.size()) return std::nullopt;
    std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

 private:
  static int value_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    if (c == '_') return 36;
    if (c >= 'a' && c <= 'z') return c - 'a' + 37;
    return c == '~' ? 63 : -1;
  }

  std::string_view rest_;
};

inline uint32_t checksum_of(std::string text) {
  while (text.size() % 4 != 0) text += '\0';
  uint32_t sum = 0;
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t word = 0;
    for (size_t j = 0; j < 4; ++j) word = word << 8 | static_cast<unsigned char>(text[i + j]);
    sum += word;
  }
  return sum;
}

// Returns the target, or nothing if the delta is not valid for this source.
inline std::optional<std::string> apply(std::string_view source, std::string_view delta) {
  Reader reader(delta);
  std::optional<uint64_t> size = reader.number();
  if (!size || reader.sign() != '\n') return std::nullopt;
  std::string target;
  while (true) {
    std::optional<uint64_t> count = reader.number();
    if (!count) return std::nullopt;
    char sign = reader.sign();
    if (sign == '@') {
      std::optional<uint64_t> from = reader.number();
      if (!from || reader.sign() != ',' || *from > source.size() || *count > source.size() - *from) return std::nullopt;
      target += source.substr(*from, *count);
    } else if (sign == ':') {
      std::optional<std::string_view> literal = reader.bytes(*count);
      if (!literal) return std::nullopt;
      target += *literal;
    } else if (sign == ';') {
      bool right = reader.at_end() && target.size() == *size && checksum_of(target) == *count;
      if (!right) return std::nullopt;
      return target;
    } else {
      return std::nullopt;
    }
    if (target.size() > *size) return std::nullopt;
  }
}

}  // namespace fossil
