// The parts of HTTP/1.1 that event streams and publishing requests need.
#pragma once

#include <strings.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

// The head of an answer at the beginning of a buffer. `size` is 0 while it is incomplete.
struct ResponseHead {
  unsigned status = 0;
  std::string_view fields;  // the lines after the first one
  size_t size = 0;
};

inline ResponseHead first_head(std::string_view bytes) {
  ResponseHead head;
  size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return head;
  head.size = end + 4;
  head.fields = bytes.substr(bytes.find("\r\n") + 2, head.size - bytes.find("\r\n") - 4);
  if (bytes.compare(0, 9, "HTTP/1.1 ") == 0) std::from_chars(bytes.data() + 9, bytes.data() + end, head.status);
  return head;
}

// The value of a field. Empty: it is missing. `name` ends with a colon.
inline std::string_view field(std::string_view fields, std::string_view name) {
  while (!fields.empty()) {
    std::string_view line = fields.substr(0, fields.find("\r\n"));
    fields.remove_prefix(line.size() + 2);
    if (line.size() <= name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    line.remove_prefix(name.size());
    return line.substr(line.find_first_not_of(' '));
  }
  return {};
}

// The text as a number, or `otherwise` if it is not a number.
inline uint64_t number_of(std::string_view text, uint64_t otherwise) {
  uint64_t value = otherwise;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && stop == text.data() + text.size() ? value : otherwise;
}

// The answer to a posted message.
struct Answer {
  unsigned status = 0;
  uint64_t offset = 0;  // its position in the room; 0: not in the answer
};

// From {"result":{...,"offset":N,...}}.
inline uint64_t offset_in(std::string_view json) {
  constexpr std::string_view kOffset = "\"offset\":";
  size_t at = json.find(kOffset);
  if (at == std::string_view::npos) return 0;
  json.remove_prefix(at + kOffset.size());
  return number_of(json.substr(0, json.find_first_not_of("0123456789")), 0);
}

}  // namespace bench
