#include "core/log_text.h"

#include <algorithm>

#include "core/utf8.h"

namespace lws_chat {
namespace {

// Returns the length in bytes of the text's first character; 0: it does not begin with a character.
size_t character_length(std::string_view bytes) {
  for (size_t length = 1; length <= std::min<size_t>(bytes.size(), 4); ++length)
    if (is_utf8(bytes.substr(0, length))) return length;
  return 0;
}

// Returns true for characters that can change how a line reads: C1 controls, U+061C, U+200B to U+200F, U+2028 to
// U+202E, U+2066 to U+2069, U+FEFF.
bool is_deceptive(std::string_view character) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return (byte(0) == 0xc2 && byte(1) < 0xa0) || character == "\xd8\x9c";
  if (character.size() != 3) return false;
  if (byte(0) == 0xe2 && byte(1) == 0x80)
    return (byte(2) >= 0x8b && byte(2) <= 0x8f) || (byte(2) >= 0xa8 && byte(2) <= 0xae);
  if (byte(0) == 0xe2 && byte(1) == 0x81) return byte(2) >= 0xa6 && byte(2) <= 0xa9;
  return character == "\xef\xbb\xbf";
}

void append_byte(std::string& line, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
    case '\\': line += {'\\', c}; return;
    case '\n': line += "\\n"; return;
    case '\r': line += "\\r"; return;
    case '\t': line += "\\t"; return;
    default: break;
  }
  if (byte >= 0x20 && byte < 0x7f)
    line += c;
  else
    line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
}

}  // namespace

std::string in_log(std::string_view text, size_t most) {
  std::string line = "\"";
  size_t at = 0;
  while (at < text.size()) {
    std::string_view rest = text.substr(at);
    size_t length = std::max<size_t>(character_length(rest), 1);
    if (at + length > most) break;
    std::string_view character = rest.substr(0, length);
    if (length > 1 && !is_deceptive(character))
      line += character;
    else
      for (char c : character) append_byte(line, c);
    at += length;
  }
  line += '"';
  return at < text.size() ? line + "..." : line;
}

}  // namespace lws_chat
