#include "redis/scripts.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include "redis/presence_lua.h"
#include "redis/sha1.h"

namespace lws_chat {
namespace {

// Returns the line of the server, see RedisKeys::lineage(). A server that has started again goes on with it, if it
// keeps everything and is the one from before: another one may have been its replica. What a server lacks that was
// numbered before is known only at its first script, because it may start again before a room is used. So all of this
// is in Redis.
constexpr std::string_view kLine = R"lua(
local function stands_in(places, place) return string.find(places, ' ' .. place .. ' ', 1, true) end

local function line_of(lineage, fresh, server, place, keep)
    local known = redis.call('HMGET', lineage, 's', 'l', 'p')
  local line, places = known[2], known[3]
  if line and places and known[1] == server then return line end
  if not line or not places or keep ~= '1' or not stands_in(places, place) then
    line, places = fresh, ' ' .. place .. ' '
  end
  redis.call('HSET', lineage, 's', server, 'l', line, 'p', places)
  return line
end
)lua";

// Deletes a stream, and fails if the key has something else.
constexpr std::string_view kDrop = R"lua(
local function drop(stream)
  redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
  redis.call('DEL', stream)
end
)lua";

// Returns a room's epoch and the offset of its last message. A room without an epoch gets the fresh one. The field `l`
// says on which line the room was numbered. If that is another one than now, messages may be lost that had offsets
// which are given again: the room gets the fresh epoch, so that nobody takes its positions for the former ones.
// `believed` is the line as the node knows it, or ''. A room that is on it needs no further look.
constexpr std::string_view kPlace = R"lua(
local function place(stream, meta, fresh, lineage, believed, server, address, keep)
  local known = redis.call('HMGET', meta, 'e', 's', 'l')
  local epoch, top = known[1], tonumber(known[2] or 0)
  if not top then error("the room's position is no number") end
  if epoch and known[3] == believed then return epoch, top end
  local line = line_of(lineage, fresh, server, address, keep)
  if not epoch then
    if top == 0 then drop(stream) end
    epoch = fresh
    redis.call('HSET', meta, 'e', epoch, 'l', line)
  elseif known[3] ~= line then
    if known[3] then epoch = fresh end
    redis.call('HSET', meta, 'e', epoch, 'l', line)
  end
  return epoch, top
end
)lua";

// Rooms `a.b` and `a` have the same result's key, with the idempotency keys `c` and `b.c`. Whoever comes first has the
// fields that Centrifugo has, and says so in `r`. The others have fields of their own.
constexpr std::string_view kResult = R"lua(
local function result_of(result, channel)
  local known = redis.call('HMGET', result, 'e', 's', 'r')
  if not known[3] or known[3] == channel then return 'e', 's', known[1], known[2] end
  local e, s = 'e ' .. channel, 's ' .. channel
  known = redis.call('HMGET', result, e, s)
  return e, s, known[1], known[2]
end

local function keep_result(result, channel, e, epoch, s, offset)
  redis.call('HSET', result, e, epoch, s, offset)
  if e == 'e' then redis.call('HSET', result, 'r', channel) end
end
)lua";

// A node numbers what it publishes. The server keeps the number of the last one, so it knows those that come again
// after their answer was lost. One that is not the next is not taken: something before it has failed, or may still
// come; or the server has lost the number. Then the node begins another series. And the server keeps the number of the
// node's connection: what it still finds in an earlier one comes too late. Behind these three stand the numbers of
// those that were refused, so that nobody takes them for published.
// A server without memory refuses the first command that writes. What else can be refused comes before the first
// change: if a publication is refused, the room is as before. But a user who may not PUBLISH is noticed when the
// message is in the stream: then nobody is told of it, and the error begins with UNTOLD. Versions are compared as texts
// of digits, because numbers in Lua are exact up to 2^53 only.
constexpr std::string_view kPublish = R"lua(
local stream, meta, result = KEYS[1], KEYS[2], KEYS[3]
local message, size, seconds, channel, meta_seconds = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local fresh, result_seconds, version, version_epoch = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local connection, series, number = tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16])

local function former()
  local epoch = redis.call('HGET', meta, 'e')
  for _, entry in ipairs(epoch and redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1000) or {}) do
    if entry[2][2] == message then return {tonumber(string.match(entry[1], '%d+')), epoch, 1} end
  end
  return {0, '', 1}
end

-- A stream that is further than the room has messages whose positions would be given again.
local function add(offset, epoch)
  local added = redis.pcall('XADD', stream, 'MAXLEN', size, offset, 'd', message)
  if type(added) ~= 'table' or not added.err then return epoch end
  local further = string.find(added.err, 'equal or smaller', 1, true)
  local last = string.find(added.err, 'last possible ID', 1, true)  -- behind which there is none
  if not further and not last then return nil, added end
  redis.call('HSET', meta, 'e', fresh)
  redis.call('DEL', stream)
  redis.call('XADD', stream, 'MAXLEN', size, offset, 'd', message)
  return fresh
end

local function publish()
  local e, s, result_epoch, result_offset
  if result_seconds ~= '' then
    e, s, result_epoch, result_offset = result_of(result, channel)
    if result_epoch then return {tonumber(result_offset or 0) or 0, result_epoch, 1} end
  end

  local epoch, top = place(stream, meta, fresh, KEYS[4], ARGV[10], ARGV[11], ARGV[12], ARGV[13])
  if epoch == ARGV[18] and top < tonumber(ARGV[19]) then
    epoch = fresh
    redis.call('HSET', meta, 'e', epoch)
  end

  if version ~= '0' then
    local last = redis.call('HMGET', meta, 'v', 've')
    local known = last[1]
    if known and (version_epoch == '' or version_epoch == last[2]) then
      local late = #known > #version or (#known == #version and known >= version)
      if late then return {top, epoch, 2} end
    end
  end

  top = top + 1
  if top == 1 then drop(stream) end
  local offset = string.format('%.0f', top)
  local refusal
  redis.call('HSET', meta, 's', offset, 'b', size .. ' ' .. seconds)
  epoch, refusal = add(offset, epoch)
  if refusal then
    redis.call('HSET', meta, 's', string.format('%.0f', top - 1))
    return refusal
  end
  if version ~= '0' then redis.call('HSET', meta, 'v', version, 've', version_epoch) end
  if meta_seconds ~= '0' then redis.call('EXPIRE', meta, meta_seconds) end
  redis.call('EXPIRE', stream, seconds)
  local told = redis.pcall('PUBLISH', channel, '__p1:' .. offset .. ':' .. epoch .. '__' .. message)
  if result_seconds ~= '' then
    keep_result(result, channel, e, epoch, s, offset)
    redis.call('EXPIRE', result, result_seconds)
  end
  if type(told) == 'table' then return redis.error_reply('UNTOLD ' .. told.err) end
  return {top, epoch, 0}
end

local refused = ''
local function note(last)
  local numbers = string.format('%.0f %.0f %.0f', connection, series, last)
  redis.call('SET', KEYS[5], numbers .. refused, 'EX', ARGV[17])
end

if number > 0 then
  local newest, known, done, list = string.match(redis.call('GET', KEYS[5]) or '0 0 0', '^(%d+) (%d+) (%d+)(.*)$')
  newest, known, done = tonumber(newest), tonumber(known), tonumber(done)
  if connection < newest then return redis.error_reply('FENCED the node has come back through another connection') end
  if known == series then refused = list else done = 0 end
  local early = number > done + 1
  note(early and done or math.max(done, number))
  if early then return {0, '', 3} end
  if number <= done then
    if not string.find(refused .. ' ', ' ' .. ARGV[16] .. ' ', 1, true) then return former() end
    return redis.error_reply('REFUSED the publication was refused before')
  end
end

local done, answer = pcall(publish)
if not done and type(answer) ~= 'table' then answer = redis.error_reply(answer) end
if answer.err and number > 0 then
  refused = string.match(string.sub(refused .. ' ' .. ARGV[16], -1000), ' .*')
  note(number)
end
return answer
)lua";

// What a server may refuse comes before the message: it has no memory, or is a replica.
constexpr std::string_view kPublishOnce = R"lua(
local e, s, known = result_of(KEYS[1], ARGV[2])
if known then return 0 end
keep_result(KEYS[1], ARGV[2], e, '', s, 0)
redis.call('EXPIRE', KEYS[1], ARGV[3])
local told = redis.pcall('PUBLISH', ARGV[2], ARGV[1])
if type(told) ~= 'table' then return 1 end
redis.call('HDEL', KEYS[1], e, s)
return redis.error_reply(told.err)
)lua";

// Entries are handed over up to 16 MB; the node asks for the others. The first one is what the node has already, when
// it compares: the next one comes with it, if a node takes both (ServerConnection::kMostOfReply). One that no node
// takes is replaced by bytes that are no publication, so that readers are told of a gap.
constexpr std::string_view kPosition = R"lua(
local stream, meta = KEYS[1], KEYS[2]
local seconds, from, count = ARGV[1], ARGV[7], ARGV[8]
local epoch, top = place(stream, meta, ARGV[2], KEYS[3], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
if seconds ~= '0' then redis.call('EXPIRE', meta, seconds) end

local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)
local entries = {}
if count ~= '0' and from == '' then
  entries = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', count)
elseif count ~= '0' then
  entries = redis.call('XRANGE', stream, from, '+', 'COUNT', count)
end
local bytes, some = 0, {}
for i, entry in ipairs(entries) do
  local size = 0
  for j = 1, #entry[2] do size = size + #entry[2][j] end
  if size > 100000000 then entry[2], size = {'d', '\255'}, 1 end
  bytes = bytes + size
  if i > 1 and bytes > (i == 2 and 120000000 or 16000000) then break end
  some[i] = entry
end
entries = some
local more = redis.call('HMGET', meta, 'b', 'j')
return {top, epoch, oldest[1] and oldest[1][1] or '', entries, more[1] or '', more[2] or ''}
)lua";

constexpr std::string_view kBegin = R"lua(
local line = line_of(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
local places = redis.call('HGET', KEYS[1], 'p')
if #places < 1000 and not stands_in(places, ARGV[3]) then
  redis.call('HSET', KEYS[1], 'p', places .. ARGV[3] .. ' ')
end
return line
)lua";

constexpr std::string_view kRenew = R"lua(
if redis.call('HGET', KEYS[1], 'e') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'e', ARGV[2])
return 1
)lua";

// The id of a publication of ours is its end, see append_publication_id().
constexpr std::string_view kCheck = R"lua(
local stream, meta = KEYS[1], KEYS[2]
local epoch, offset, id, fresh = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local known = redis.call('HMGET', meta, 'e', 's')
if known[1] ~= epoch then return 0 end
if (tonumber(known[2] or 0) or 0) >= tonumber(offset) then
  local entry = redis.call('XRANGE', stream, offset, offset)[1]
  if not entry or string.sub(entry[2][2], -#id) == id then return 0 end
end
redis.call('HSET', meta, 'e', fresh)
return 1
)lua";

constexpr std::string_view kForget = R"lua(
drop(KEYS[1])
return 1
)lua";

// The numbers are in field 1011 of ClientInfo, which Centrifugo passes over. A number is the time, so that it does not
// come again after the server has lost the last ones. Where there is no epoch, no node has begun to read. A server
// without memory forgets the number: it is told all the same, and who has missed it notices.
constexpr std::string_view kAnnounce = R"lua(
local meta, channel, payload = KEYS[1], ARGV[1], ARGV[2]
local known = redis.pcall('HMGET', meta, 'e', 'j')
if known[1] then
  local time = redis.call('TIME')
  local before = tonumber(known[2] or 0)
  if not before or not (before >= 0 and before < 9007199254740991) then before = 0 end
  local number = string.format('%.0f', math.max(before + 1, time[1] * 1000000 + time[2]))
  if type(redis.pcall('HSET', meta, 'j', number)) == 'table' then
    redis.pcall('HDEL', meta, 'j')
    number = '0'
  end
  local numbers = string.format('%.0f', before) .. ' ' .. number
  if payload ~= '' then payload = payload .. '\154\063' .. string.char(#numbers) .. numbers end
end
if payload == '' then return 0 end
return redis.call('PUBLISH', channel, payload)
)lua";

RedisScript script(std::initializer_list<std::string_view> parts) {
  RedisScript made;
  for (std::string_view part : parts) made.source += part;
  made.sha1 = sha1_hex(made.source);
  return made;
}

}  // namespace

const RedisScripts& redis_scripts() {
  static const RedisScripts scripts = {script({kLine, kDrop, kPlace, kResult, kPublish}),
                                       script({kResult, kPublishOnce}),
                                       script({kLine, kDrop, kPlace, kPosition}),
                                       script({kLine, kBegin}),
                                       script({kRenew}),
                                       script({kCheck}),
                                       script({kDrop, kForget}),
                                       script({kAnnounce}),
                                       script({presence_lua::kUsers, presence_lua::kPresenceAdd}),
                                       script({presence_lua::kUsers, presence_lua::kPresenceRemove}),
                                       script({presence_lua::kUsers, presence_lua::kPresenceExpire}),
                                       script({presence_lua::kUsers, presence_lua::kPresenceRead}),
                                       script({presence_lua::kUsers, presence_lua::kPresenceStats})};
  return scripts;
}

}  // namespace lws_chat
