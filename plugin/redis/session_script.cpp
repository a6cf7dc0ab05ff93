#include "redis/session_script.h"

#include <string>
#include <utility>

#include "redis/sha1.h"

namespace lws_chat {
namespace {

constexpr std::string_view kStay = R"lua(
local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[1] and there ~= ARGV[3] then return there end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
)lua";

constexpr std::string_view kGo = R"lua(
local there = redis.call('GET', KEYS[1])
if there and there ~= ARGV[1] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
)lua";

}  // namespace

const SessionScripts& session_scripts() {
  static const SessionScripts scripts{{std::string(kStay), sha1_hex(kStay)}, {std::string(kGo), sha1_hex(kGo)}};
  return scripts;
}

void run_session_come(RedisLink& link, std::string_view key, std::string_view value, uint64_t seconds,
                      RedisLink::Answer answer) {
  std::string time = std::to_string(seconds);
  link.command({"SET", key, value, "EX", time, "GET"}, std::move(answer));
}

void run_session_stay(RedisLink& link, std::string_view key, std::string_view value, std::string_view instead,
                      uint64_t seconds, RedisLink::Answer answer) {
  std::string time = std::to_string(seconds);
  link.run(session_scripts().stay, {key}, {value, time, instead}, std::move(answer));
}

void run_session_go(RedisLink& link, std::string_view key, std::string_view before, std::string_view value,
                    uint64_t milliseconds, RedisLink::Answer answer) {
  std::string time = std::to_string(milliseconds);
  link.run(session_scripts().go, {key}, {before, value, time}, std::move(answer));
}

void run_session_take(RedisLink& link, std::string_view key, RedisLink::Answer answer) {
  link.command({"GETDEL", key}, std::move(answer));
}

}  // namespace lws_chat
