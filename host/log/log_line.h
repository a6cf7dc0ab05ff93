#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// What a line of the log looks like. Time is given as milliseconds since 1970 (UTC); a newline at the end of the
// message is not part of it; the line ends with one.
namespace lws_chat {

enum class LogFormat : uint8_t { kText, kJson };

// "2026-11-23 16:11:32.123 notice: lws-chatd: all clients are closed", in local time: for people.
std::string text_line(int64_t unix_ms, std::string_view level, std::string_view message);

// {"time":"2026-11-23T15:11:32.123Z","level":"notice","message":"lws-chatd: all clients are closed"}: one object
// (RFC 8259), the time as in RFC 3339. Bytes of the message that are not UTF-8 become U+FFFD.
std::string json_line(int64_t unix_ms, std::string_view level, std::string_view message);

// "<5>lws-chatd: all clients are closed": as systemd's journal, which knows the time, takes it from stderr
// (sd-daemon(3)).
std::string journal_line(std::string_view level, std::string_view message);

}  // namespace lws_chat
