#include "host/log/log_line.h"

#include <syslog.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "core/utf8.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr size_t kLongestCharacter = 4;

std::string stamp(int64_t unix_ms, bool utc, const char* format) {
  auto seconds = static_cast<time_t>(unix_ms / 1000);
  tm parts{};
  utc ? gmtime_r(&seconds, &parts) : localtime_r(&seconds, &parts);
  char text[32];
  std::string whole(text, std::strftime(text, sizeof text, format, &parts));
  std::snprintf(text, sizeof text, ".%03d", static_cast<int>(unix_ms % 1000));
  return whole + text;
}

std::string_view without_newline(std::string_view message) {
  if (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  return message;
}

// The level's number in syslog(3).
int priority(std::string_view level) {
  if (level == "error") return LOG_ERR;
  if (level == "warning") return LOG_WARNING;
  if (level == "notice") return LOG_NOTICE;
  return level == "info" ? LOG_INFO : LOG_DEBUG;
}

// Bytes of the first UTF-8 character. 0: the text begins with none.
size_t character_length(std::string_view bytes) {
  for (size_t length = 1; length <= std::min(bytes.size(), kLongestCharacter); ++length)
    if (is_utf8(bytes.substr(0, length))) return length;
  return 0;
}

// Not every message is UTF-8: lws cuts a long one off in the middle of a character, and file names have any bytes.
std::string as_utf8(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    size_t length = character_length(bytes);
    text += length ? bytes.substr(0, length) : kReplacement;
    bytes.remove_prefix(std::max<size_t>(length, 1));
  }
  return text;
}

}  // namespace

std::string text_line(int64_t unix_ms, std::string_view level, std::string_view message) {
  std::string line = stamp(unix_ms, false, "%Y-%m-%d %H:%M:%S") + ' ';
  line += level;
  line += ": ";
  line += without_newline(message);
  return line + '\n';
}

std::string json_line(int64_t unix_ms, std::string_view level, std::string_view message) {
  std::string line = "{\"time\":\"" + stamp(unix_ms, true, "%Y-%m-%dT%H:%M:%S") + "Z\",\"level\":";
  append_quoted(line, level);
  line += ",\"message\":";
  append_quoted(line, as_utf8(without_newline(message)));
  return line + "}\n";
}

std::string journal_line(std::string_view level, std::string_view message) {
  std::string line = "<" + std::to_string(priority(level)) + ">";
  line += without_newline(message);
  return line + '\n';
}

}  // namespace lws_chat
