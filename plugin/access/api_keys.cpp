#include "access/api_keys.h"

#include <algorithm>

namespace lws_chat {
namespace {

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r";
  size_t begin = std::min(line.find_first_not_of(kBlanks), line.size());
  return line.substr(begin, line.find_last_not_of(kBlanks) + 1 - begin);
}

bool is_plain(char c) { return c > 0x20 && c < 0x7f; }

bool same(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

}  // namespace

std::string ApiKeys::read(std::string_view text) {
  std::vector<std::string> keys;
  for (size_t line = 1, at = 0; at <= text.size(); ++line) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view key = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (key.empty() || key.front() == '#') continue;
    std::string where = "line " + std::to_string(line) + ": ";
    if (key.size() < kShortest || key.size() > kLongest)
      return where + "a key of " + std::to_string(key.size()) + " bytes, expected " + std::to_string(kShortest) +
             " to " + std::to_string(kLongest);
    if (!std::all_of(key.begin(), key.end(), is_plain)) return where + "a key has to be of ASCII without blanks";
    keys.emplace_back(key);
  }
  if (keys.empty()) return "no key in it, expected one a line";
  keys_ = std::move(keys);
  return "";
}

bool ApiKeys::has(std::string_view key) const {
  bool found = false;
  for (const std::string& known : keys_) found |= same(key, known);
  return found;
}

}  // namespace lws_chat
