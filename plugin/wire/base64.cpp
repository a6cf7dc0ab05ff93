#include "wire/base64.h"

namespace lws_chat {
namespace {

constexpr unsigned kInvalid = 64;

unsigned value_of(char c) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t place = kDigits.find(c);
  return place == std::string_view::npos ? kInvalid : static_cast<unsigned>(place);
}

}  // namespace

bool read_base64(std::string_view text, std::string& bytes) {
  bytes.clear();
  if (text.size() % 4 != 0) return false;
  for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) text.remove_suffix(1);
  unsigned bits = 0;
  unsigned count = 0;  // of the bits that are not in `bytes` yet
  for (char c : text) {
    unsigned value = value_of(c);
    if (value == kInvalid) return false;
    bits = (bits << 6 | value) & 0xfff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count);
  }
  // What is left over of the last digit must be zero, so that the same bytes have one text only.
  return count < 6 && (bits & ((1U << count) - 1)) == 0;
}

}  // namespace lws_chat
