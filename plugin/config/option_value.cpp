#include "config/option_value.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "access/address_range.h"
#include "access/hook_settings.h"
#include "access/origins.h"
#include "access/own_name.h"
#include "access/rule_gate.h"
#include "config/suggestion.h"
#include "core/log_text.h"
#include "core/room/room.h"
#include "core/utf8.h"

namespace lws_chat {
namespace {

constexpr size_t kLongestPrefix = 100;  // bytes; each message carries it

// Calls `read` for each word of a list until it returns a problem, and returns that.
template <typename Read>
std::string each_word(std::string_view list, Read&& read) {
  size_t at = 0;
  while (at < list.size()) {
    size_t end = list.find_first_of(", ", at);
    if (end == std::string_view::npos) end = list.size();
    std::string_view word = list.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    std::string problem = read(word);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace

std::string set_flag(bool& flag, std::string_view value) {
  for (std::string_view yes : {"1", "on", "yes", "true"})
    if (value == yes) {
      flag = true;
      return "";
    }
  for (std::string_view no : {"0", "off", "no", "false"})
    if (value == no) {
      flag = false;
      return "";
    }
  return quoted(value) + " is not a flag, expected \"1\" or \"0\"";
}

std::string set_number(uint64_t& number, std::string_view value, const OptionRow& row) {
  uint64_t parsed = 0;
  const char* end = value.data() + value.size();
  auto [stop, error] = std::from_chars(value.data(), end, parsed);
  if (value.empty() || stop != end || error == std::errc::invalid_argument)
    return quoted(value) + " is not a whole number, expected " + option_range(row);
  if (error != std::errc() || parsed < row.min || parsed > row.max)
    return quoted(value) + " is out of range, expected " + option_range(row);
  number = parsed;
  return "";
}

std::string set_duration(Time& duration, std::string_view value, const OptionRow& row, Time unit) {
  uint64_t count = 0;
  std::string problem = set_number(count, value, row);
  if (problem.empty()) duration = static_cast<Time>(count) * unit;
  return problem;
}

std::string set_text(std::string& text, std::string_view value) {
  if (!is_utf8(value)) return "not valid UTF-8";
  text = value;
  return "";
}

std::string set_pattern(std::string& pattern, std::string_view value) {
  std::string problem = set_text(pattern, value);
  if (problem.empty()) problem = pattern_problem(pattern);
  return problem.empty() ? "" : quoted(value) + " is not a regular expression: " + problem;
}

std::string set_path(std::string& path, std::string_view value) {
  if (value.empty() || value[0] != '/') return quoted(value) + " is not a path, expected one that begins with /";
  if (value.find_first_of("?# \t\r\n") != std::string_view::npos)
    return quoted(value) + " is not a plain path, expected one without blanks, ? and #";
  path = value;
  return "";
}

std::string set_redis_prefix(std::string& prefix, std::string_view value) {
  auto is_visible = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  if (value.empty() || value.size() > kLongestPrefix || !std::all_of(value.begin(), value.end(), is_visible))
    return in_log(value, 40) + " is not a prefix, expected 1 to " + std::to_string(kLongestPrefix) +
           " letters, digits and signs without blanks";
  prefix = value;
  return "";
}

std::string without_passwords(std::string_view urls) {
  std::string shown;
  while (!urls.empty()) {
    size_t end = std::min(urls.find(' '), urls.size() - 1) + 1;
    std::string_view url = urls.substr(0, end);
    urls.remove_prefix(end);
    size_t name = url.find("://");
    size_t at = url.rfind('@');
    size_t colon = name == url.npos ? url.npos : url.find(':', name + 3);
    if (at == url.npos || colon > at) {
      shown += url;
    } else {
      shown += url.substr(0, colon);
      shown += url.substr(at);
    }
  }
  return shown;
}

std::string set_origins(Origins& origins, std::string_view value) {
  Origins parsed;
  std::string problem = each_word(value, [&](std::string_view word) -> std::string {
    std::string fault = parsed.add(word);
    return fault.empty() ? "" : quoted(word) + " " + fault;
  });
  if (problem.empty()) origins = std::move(parsed);
  return problem;
}

std::string set_allowed_hosts(AllowedHosts& allowed, std::string_view value) {
  AllowedHosts parsed;
  std::string problem = each_word(value, [&](std::string_view word) -> std::string {
    if (parsed.add(word)) return "";
    return quoted(word) + " is not a host name, expected one like chat.example.org, without a port, or * for any";
  });
  if (problem.empty()) allowed = std::move(parsed);
  return problem;
}

std::string set_addresses(std::vector<AddressRange>& ranges, std::string_view value) {
  std::vector<AddressRange> parsed;
  std::string problem = each_word(value, [&](std::string_view word) -> std::string {
    AddressRange range;
    if (!read_address_range(word, range))
      return quoted(word) + " is not an address, expected one like 192.0.2.1, 10.0.0.0/8, ::1 or 2001:db8::/32";
    parsed.push_back(range);
    return "";
  });
  if (problem.empty()) ranges = std::move(parsed);
  return problem;
}

// RFC 6265 section 4.1.1.
std::string set_cookie_name(std::string& name, std::string_view value) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  auto is_token = [&](unsigned char c) { return std::isalnum(c) || kSigns.find(static_cast<char>(c)) != kSigns.npos; };
  if (!std::all_of(value.begin(), value.end(), is_token))
    return quoted(value) + " is not a cookie's name, expected letters, digits and some of -_.!#$%&'*+^`|~";
  name = value;
  return "";
}

std::string set_header_names(std::vector<std::string>& names, std::string_view value) {
  return read_hook_header_names(value, names);
}

std::string set_hook_statuses(std::vector<HookStatusRule>& rules, std::string_view value) {
  return read_hook_statuses(value, rules);
}

std::string set_hook_url(std::string& url, std::string_view value) {
  std::string problem = value.empty() ? "" : hook_url_problem(value);
  if (problem.empty()) url = value;
  return problem;
}

std::optional<size_t> place_of_choice(const OptionRow& row, std::string_view word) {
  std::string_view rest = row.choices;
  for (size_t place = 0; !rest.empty(); ++place) {
    std::string_view choice = rest.substr(0, rest.find('|'));
    if (choice == word) return place;
    rest.remove_prefix(std::min(rest.size(), choice.size() + 1));
  }
  return std::nullopt;
}

std::string_view choice_at(const OptionRow& row, size_t place) {
  std::string_view rest = row.choices;
  for (; place > 0; --place) rest.remove_prefix(std::min(rest.size(), rest.find('|') + 1));
  return rest.substr(0, rest.find('|'));
}

std::string set_optional_path(std::string& path, std::string_view value) {
  if (!value.empty()) return set_path(path, value);
  path.clear();
  return "";
}

std::string set_url(std::string& url, std::string_view value) {
  bool is_plain = std::all_of(value.begin(), value.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  size_t host = value.substr(0, 8) == "https://" ? 8 : value.substr(0, 7) == "http://" ? 7 : 0;
  bool has_host = host && host < value.size() && std::string_view("/:?#@").find(value[host]) == std::string_view::npos;
  if (!value.empty() && (!is_plain || !has_host))
    return quoted(value) + " is not a URL, expected one that begins with https:// or http://";
  url = value;
  return "";
}

std::string set_room(std::string& room, std::string_view value) {
  if (!is_room_name(value)) return quoted(value) + " is not a room name, expected " + std::string(kRoomNames);
  room = value;
  return "";
}

}  // namespace lws_chat
