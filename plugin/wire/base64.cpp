#include "wire/base64.h"

#include <array>
#include <cstdint>

namespace lws_chat {
namespace {

constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr int kForeign = -1;
using Values = std::array<int, 256>;

Values values_of(std::string_view alphabet) {
  Values values;
  values.fill(kForeign);
  for (size_t i = 0; i < alphabet.size(); ++i) values[static_cast<unsigned char>(alphabet[i])] = static_cast<int>(i);
  return values;
}

// `text` has no padding.
std::optional<std::string> decode(const Values& values, std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  unsigned count = 0;  // of the bits that are not in `bytes` yet
  for (char c : text) {
    int value = values[static_cast<unsigned char>(c)];
    if (value == kForeign) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  if (bits & ((1U << count) - 1)) return std::nullopt;
  return bytes;
}

// Without padding.
std::string encode(std::string_view alphabet, std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() / 3 * 4 + 4);
  uint32_t bits = 0;
  unsigned count = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6;) text += alphabet[bits >> (count -= 6) & 63];
  }
  if (count > 0) text += alphabet[bits << (6 - count) & 63];
  return text;
}

}  // namespace

std::string base64url(std::string_view bytes) { return encode(kUrl, bytes); }

std::string base64(std::string_view bytes) {
  std::string text = encode(kStandard, bytes);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  static const Values values = values_of(kUrl);
  return decode(values, text);
}

std::optional<std::string> decode_base64(std::string_view text) {
  static const Values values = values_of(kStandard);
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) text.remove_suffix(1);
  return decode(values, text);
}

}  // namespace lws_chat
