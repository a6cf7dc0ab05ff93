#include "core/utf8.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lws_chat {

bool is_utf8(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* end = at + bytes.size();
  while (at < end) {
    // Most text is ASCII: eight bytes at a time while no top bit is set.
    while (end - at >= 8) {
      uint64_t word;
      std::memcpy(&word, at, sizeof word);
      if (word & 0x8080808080808080u) break;
      at += 8;
    }
    if (at == end) break;
    unsigned char lead = *at++;
    if (lead < 0x80) continue;
    // RFC 3629 section 4: the second byte's range depends on the first.
    unsigned char low = 0x80, high = 0xbf;
    ptrdiff_t more;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (end - at < more || *at < low || *at > high) return false;
    for (++at; --more > 0; ++at)
      if (*at < 0x80 || *at > 0xbf) return false;
  }
  return true;
}

std::string_view utf8_prefix(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  while (most > 0 && continues(text[most])) --most;
  return text.substr(0, most);
}

}  // namespace lws_chat
