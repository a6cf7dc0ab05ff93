#include "access/api_keys.h"

#include <algorithm>
#include <utility>

#include "access/regular_file.h"
#include "wire/field.h"

namespace lws_chat {
namespace {

// A line without its line end and the blanks around it.
std::string_view content_of(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return trimmed(line);
}

bool is_plain(char c) { return c > 0x20 && c < 0x7f; }

// Takes the same time for all texts of one length.
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
    std::string_view key = content_of(text.substr(at, end - at));
    at = end + 1;
    if (key.empty() || key.front() == '#') continue;
    std::string where = "line " + std::to_string(line) + ": ";
    if (key.size() < kShortest || key.size() > kLongest)
      return where + "a key of " + std::to_string(key.size()) + " bytes, expected " + std::to_string(kShortest) +
             " to " + std::to_string(kLongest);
    if (!std::all_of(key.begin(), key.end(), is_plain)) return where + "a key must be ASCII without blanks";
    keys.emplace_back(key);
  }
  if (keys.empty()) return "no key found, expected one per line";
  keys_ = std::move(keys);
  return "";
}

std::string ApiKeys::load(const std::string& path) {
  FileText file = read_regular_file(path);
  return file.problem.empty() ? read(file.text) : file.problem;
}

bool ApiKeys::has(std::string_view key) const {
  bool found = false;
  for (const std::string& known : keys_) found |= same(key, known);
  return found;
}

}  // namespace lws_chat
