#pragma once

#include <cstdint>
#include <string_view>

#include "redis/link.h"

// Where clients' sessions are: one key a session, see RedisKeys::session(). Its value is a ClientInfo, see
// client_info.h: with a node while the session is there, without one when it may come back.
namespace lws_chat {

struct SessionScripts {
  RedisScript stay;  // KEYS session   ARGV value, seconds, value before -> 1, or another value that is there
  RedisScript go;    // KEYS session   ARGV value before, value or '', milliseconds   -> 1, or 0: there is another value
};

const SessionScripts& session_scripts();

// The session is here from now on. The answer is the value before, or nothing.
void run_session_come(RedisLink& link, std::string_view key, std::string_view value, uint64_t seconds,
                      RedisLink::Answer answer);

// The session is still here, unless there is another value than that and `instead`. Then the answer is the other one.
void run_session_stay(RedisLink& link, std::string_view key, std::string_view value, std::string_view instead,
                      uint64_t seconds, RedisLink::Answer answer);

// The session is gone from here. `value` stays for that time, or nothing if it is empty. A session that has come
// elsewhere meanwhile stays as it is: it has another value than `before`.
void run_session_go(RedisLink& link, std::string_view key, std::string_view before, std::string_view value,
                    uint64_t milliseconds, RedisLink::Answer answer);

// Takes the value out. The answer is the value, or nothing.
void run_session_take(RedisLink& link, std::string_view key, RedisLink::Answer answer);

}  // namespace lws_chat
