#include "wire/field.h"

#include <algorithm>
#include <charconv>

namespace lws_chat {
namespace {

constexpr std::string_view kBlanks = " \t";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view trimmed(std::string_view value) {
  value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
  return value.substr(0, value.find_last_not_of(kBlanks) + 1);
}

bool same_token(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool has_token(std::string_view list, std::string_view token) {
  while (true) {
    size_t comma = std::min(list.find(','), list.size());
    if (same_token(trimmed(list.substr(0, comma)), token)) return true;
    if (comma == list.size()) return false;
    list.remove_prefix(comma + 1);
  }
}

std::string_view media_type(std::string_view content_type) {
  return trimmed(content_type.substr(0, content_type.find(';')));
}

bool read_content_length(std::string_view value, uint64_t& length) {
  auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  return error == std::errc() && stop == value.data() + value.size();
}

}  // namespace lws_chat
