#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Formats of a log line. Time is in milliseconds since 1970 (UTC). A newline at the end of the message is dropped. Each
// line ends with a newline.
namespace lws_chat {

enum class LogFormat : uint8_t { kText, kJson };

// "2026-11-23 16:11:32.123 notice: lws-chatd: all clients are closed", in local time, for people.
std::string text_line(int64_t unix_ms, std::string_view level, std::string_view message);

// {"time":"2026-11-23T15:11:32.123Z","level":"notice","message":"lws-chatd: all clients are closed"}: one object
// (RFC 8259) with the time as in RFC 3339. Bytes of the message that are not UTF-8 become U+FFFD.
std::string json_line(int64_t unix_ms, std::string_view level, std::string_view message);

// "<5>lws-chatd: all clients are closed", for systemd's journal (sd-daemon(3)), which adds the time itself.
std::string journal_line(std::string_view level, std::string_view message);

}  // namespace lws_chat
