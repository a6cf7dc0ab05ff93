#pragma once

#include <string_view>

// The sources of the scripts of presence, see RedisScripts.
namespace lws_chat::presence_lua {

// ClientInfo begins with the user in field 1, if there is one.
inline constexpr std::string_view kUsers = R"lua(
local expire, data, user_expire, user_clients, told = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

-- The server is not on the line that the node knows: it lacks members that were there.
local function is_on_another(line) return line ~= '' and redis.call('HGET', KEYS[6], 'l') ~= line end

local function user_of(info)
  if string.byte(info, 1) ~= 10 then return '' end
  local size, unit, at = 0, 1, 2
  local byte = string.byte(info, at)
  while byte and byte > 127 and at < 6 do
    size, unit, at = size + (byte - 128) * unit, unit * 128, at + 1
    byte = string.byte(info, at)
  end
  size = size + (byte or 0) * unit
  return string.sub(info, at + 1, at + size)
end

local function take_out(client, info)
  redis.call('HDEL', data, client)
  redis.call('ZREM', expire, client)
  local user = user_of(info)
  if redis.call('HINCRBY', user_clients, user, -1) <= 0 then
    redis.call('HDEL', user_clients, user)
    redis.call('ZREM', user_expire, user)
  end
end
)lua";

// A user whom nobody counts has been added by a node that does not count users. Who is missing without having been told
// to have left was lost with everything, or with keys that were over.
inline constexpr std::string_view kPresenceAdd = R"lua(
local lost = is_on_another(ARGV[4])
local till = redis.call('TIME')[1] + ARGV[1]
local added, returned = 0, {}
for i = 5, #ARGV, 3 do
  local client, user, info = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = ARGV[3] == 'again' and redis.call('HGET', data, client)
  if not known or known == info then
    local new = redis.call('HSET', data, client, info)
    redis.call('ZADD', expire, till, client)
    if new == 1 or redis.call('HEXISTS', user_clients, user) == 0 then
      redis.call('HINCRBY', user_clients, user, 1)
    end
    redis.call('ZADD', user_expire, till, user)
    added = added + new
    if redis.call('HDEL', told, client) == 1 and new == 1 then returned[#returned + 1] = client end
  end
end
for i = 1, 4 do redis.call('EXPIRE', KEYS[i], ARGV[2]) end
if ARGV[3] == 'again' then return returned end
return lost and -added or added
)lua";

inline constexpr std::string_view kPresenceRemove = R"lua(
local lost = is_on_another(ARGV[1])
local removed, missing = 0, 0
for i = 2, #ARGV, 2 do
  local client, info = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', data, client)
  if not known then
    missing = missing + 1 - redis.call('HEXISTS', told, client)
  elseif info == '' or info == known then
    take_out(client, known)
    removed = removed + 1
  end
end
if removed == 0 and lost then return -missing end
return removed
)lua";

// Whoever is taken out here is told to have left, perhaps too early: then its node announces it again. Nobody needs to
// know that for longer than a day. Members without an end have lost it together with the key: the server was full.
inline constexpr std::string_view kPresenceExpire = R"lua(
local time = redis.call('TIME')
local now = time[1]
if redis.call('HLEN', data) > redis.call('ZCARD', expire) then
  for _, client in ipairs(redis.call('HKEYS', data)) do redis.call('ZADD', expire, 'NX', now + ARGV[2], client) end
  redis.call('EXPIRE', expire, ARGV[3])
end
local gone = {}
local first = redis.call('HLEN', told) == 0
for _, client in ipairs(redis.call('ZRANGEBYSCORE', expire, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local info = redis.call('HGET', data, client)
  if info then
    take_out(client, info)
    redis.call('HSET', told, client, '')
    gone[#gone + 1] = client
    gone[#gone + 1] = info
  else
    redis.call('ZREM', expire, client)
  end
end
if first and #gone > 0 then redis.call('EXPIRE', told, 86400) end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', user_expire, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  redis.call('HDEL', user_clients, user)
  redis.call('ZREM', user_expire, user)
end
local wait = -1
local next_one = redis.call('ZRANGE', expire, 0, 0, 'WITHSCORES')
if next_one[2] then wait = math.max(0, math.ceil((next_one[2] - now) * 1000 - time[2] / 1000)) end
return {wait, gone}
)lua";

// Members whose time is over stay until presence_expire takes them out: somebody has to announce that.
// And a list that no node takes is refused.
inline constexpr std::string_view kPresenceRead = R"lua(
local all = redis.call('HGETALL', data)
local bytes = 100 * #all
for i = 1, #all do bytes = bytes + #all[i] end
if bytes > 100000000 then return redis.error_reply('LARGE there are too many members') end
local over = redis.call('ZRANGEBYSCORE', expire, '-inf', redis.call('TIME')[1])
if #over == 0 then return all end
local is_over, there = {}, {}
for _, client in ipairs(over) do is_over[client] = true end
for i = 1, #all, 2 do
  if not is_over[all[i]] then
    there[#there + 1] = all[i]
    there[#there + 1] = all[i + 1]
  end
end
return there
)lua";

inline constexpr std::string_view kPresenceStats = R"lua(
local now = redis.call('TIME')[1]
local clients = redis.call('HLEN', data) - redis.call('ZCOUNT', expire, '-inf', now)
local users = redis.call('HLEN', user_clients)
if users == 0 and clients > 0 then return {clients, -1} end
users = users - redis.call('ZCOUNT', user_expire, '-inf', now)
return {math.max(0, clients), math.max(0, users)}
)lua";

}  // namespace lws_chat::presence_lua
