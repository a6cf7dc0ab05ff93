#include "redis/revoked_script.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "redis/sha1.h"

namespace lws_chat {
namespace {

// Entries that are read together.
constexpr std::string_view kTogether = "1000";

// The largest number that a double, which Lua has, holds exactly.
constexpr int64_t kMostExact = int64_t{1} << 53;

// KEYS hash, sorted set   ARGV how many at most, {name, until, issued before}... -> how many have a place. The clocks
// of nodes may be some minutes apart.
constexpr std::string_view kRevoke = R"lua(
local list, ages, most = KEYS[1], KEYS[2], tonumber(ARGV[1])
local over = redis.call('TIME')[1] - 300
for _, name in ipairs(redis.call('ZRANGEBYSCORE', ages, '-inf', over, 'LIMIT', 0, 1000)) do
  redis.call('HDEL', list, name)
  redis.call('ZREM', ages, name)
end
local placed = 0
for i = 2, #ARGV, 3 do
  local name, last, before = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local known = redis.call('HGET', list, name)
  if last <= over then
    placed = placed + 1
  elseif known or redis.call('HLEN', list) < most then
    local known_last, known_before = string.match(known or '', '^(%d+) (%d+)$')
    last = math.max(last, tonumber(known_last or 0))
    before = math.max(before, tonumber(known_before or 0))
    redis.call('HSET', list, name, string.format('%.0f %.0f', last, before))
    redis.call('ZADD', ages, string.format('%.0f', last), name)
    placed = placed + 1
  end
end
local longest = redis.call('ZRANGE', ages, -1, -1, 'WITHSCORES')[2]
if longest then
  local gone = string.format('%.0f', longest + 600)
  redis.call('EXPIREAT', list, gone)
  redis.call('EXPIREAT', ages, gone)
end
return placed
)lua";

const RedisScript& revoke_script() {
  static const RedisScript script{std::string(kRevoke), sha1_hex(kRevoke)};
  return script;
}

bool take_number(std::string_view& text, int64_t& number) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || number < 0) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

std::optional<Revocation> read_entry(std::string_view name, std::string_view value) {
  if (name.size() < 2 || (name.front() != 't' && name.front() != 'u')) return {};
  Revocation revocation{name.front() == 'u', std::string(name.substr(1))};
  if (!take_number(value, revocation.until) || value.empty() || value.front() != ' ') return {};
  value.remove_prefix(1);
  if (!take_number(value, revocation.issued_before) || !value.empty()) return {};
  return revocation;
}

}  // namespace

void run_revoke(RedisLink& link, const RedisKeys& keys, const std::vector<Revocation>& revocations, uint64_t most,
                RedisLink::Answer answer) {
  std::vector<std::string> words{std::to_string(most)};
  for (const Revocation& one : revocations) {
    words.push_back((one.of_user ? "u" : "t") + one.key);
    words.push_back(std::to_string(std::clamp<int64_t>(one.until, 0, kMostExact)));
    words.push_back(std::to_string(std::clamp<int64_t>(one.issued_before, 0, kMostExact)));
  }
  std::string list = keys.revoked(), ages = keys.revoked_until();
  link.run(revoke_script(), {list, ages}, {words.begin(), words.end()}, std::move(answer));
}

void run_revoked_read(RedisLink& link, const RedisKeys& keys, const std::string& cursor, RedisLink::Answer answer) {
  std::string list = keys.revoked();
  link.command({"HSCAN", list, cursor, "COUNT", kTogether}, std::move(answer));
}

std::optional<RevokedRead> read_revoked(const RedisReply& reply) {
  constexpr auto kArray = RedisReply::Kind::kArray;
  if (reply.kind != kArray || reply.items.size() != 2 || !reply.items[0].is_text()) return {};
  const std::vector<RedisReply>& items = reply.items[1].items;
  if (reply.items[1].kind != kArray || items.size() % 2 != 0) return {};
  RevokedRead read{reply.items[0].text, {}};
  for (size_t i = 0; i < items.size(); i += 2) {
    std::optional<Revocation> one;
    if (items[i].is_text() && items[i + 1].is_text()) one = read_entry(items[i].text, items[i + 1].text);
    if (one)
      read.revocations.push_back(std::move(*one));
    else
      ++read.foreign;
  }
  return read;
}

}  // namespace lws_chat
