#include "redis/presence_script.h"

#include <string>
#include <utility>

#include "redis/scripts.h"

namespace lws_chat {
namespace {

using Kind = RedisReply::Kind;

// Seconds that the keys stay when nobody refreshes them and everybody's time is over.
constexpr uint64_t kKeysLonger = 120;

std::vector<std::string_view> keys_of(const PresenceNames& room) {
  return {room.expire, room.data, room.user_expire, room.user_clients, room.told, room.lineage};
}

bool read_members(const RedisReply& reply, std::vector<PresentMember>& members) {
  if (reply.kind != Kind::kArray || reply.items.size() % 2 != 0) return false;
  members.reserve(reply.items.size() / 2);
  for (size_t i = 0; i < reply.items.size(); i += 2) {
    if (!reply.items[i].is_text() || !reply.items[i + 1].is_text()) return false;
    members.push_back({reply.items[i].text, reply.items[i + 1].text});
  }
  return true;
}

bool is_pair(const RedisReply& reply) {
  return reply.kind == Kind::kArray && reply.items.size() == 2 && reply.items[0].kind == Kind::kInteger;
}

void add(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members, uint64_t seconds,
         std::string_view again, std::string_view line, RedisLink::Answer answer) {
  std::string member_seconds = std::to_string(seconds), keys_seconds = std::to_string(seconds + kKeysLonger);
  std::vector<std::string_view> arguments = {member_seconds, keys_seconds, again, line};
  for (const PresentMember& member : members)
    arguments.insert(arguments.end(), {member.client, member.user, member.info});
  link.run(redis_scripts().presence_add, keys_of(room), arguments, std::move(answer));
}

}  // namespace

void run_presence_add(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members,
                      uint64_t seconds, std::string_view line, RedisLink::Answer answer) {
  add(link, room, members, seconds, "", line, std::move(answer));
}

void run_presence_keep(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members,
                       uint64_t seconds, RedisLink::Answer answer) {
  add(link, room, members, seconds, "again", "", std::move(answer));
}

void run_presence_remove(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members,
                         std::string_view line, RedisLink::Answer answer) {
  std::vector<std::string_view> arguments = {line};
  for (const PresentMember& member : members) arguments.insert(arguments.end(), {member.client, member.info});
  link.run(redis_scripts().presence_remove, keys_of(room), arguments, std::move(answer));
}

void run_presence_expire(RedisLink& link, const PresenceNames& room, size_t most, uint64_t seconds,
                         RedisLink::Answer answer) {
  std::string number = std::to_string(most), member_seconds = std::to_string(seconds),
              keys_seconds = std::to_string(seconds + kKeysLonger);
  link.run(redis_scripts().presence_expire, keys_of(room), {number, member_seconds, keys_seconds}, std::move(answer));
}

std::optional<PresenceOver> read_presence_expire(const RedisReply& reply) {
  PresenceOver over;
  if (!is_pair(reply) || !read_members(reply.items[1], over.gone)) return {};
  if (reply.items[0].integer >= 0) over.next_ms = static_cast<uint64_t>(reply.items[0].integer);
  return over;
}

void run_presence_read(RedisLink& link, const PresenceNames& room, RedisLink::Answer answer) {
  link.run(redis_scripts().presence_read, keys_of(room), {}, std::move(answer));
}

std::optional<std::vector<PresentMember>> read_presence(const RedisReply& reply) {
  std::vector<PresentMember> members;
  if (!read_members(reply, members)) return {};
  return members;
}

void run_presence_stats(RedisLink& link, const PresenceNames& room, RedisLink::Answer answer) {
  link.run(redis_scripts().presence_stats, keys_of(room), {}, std::move(answer));
}

std::optional<PresenceCount> read_presence_stats(const RedisReply& reply) {
  if (!is_pair(reply) || reply.items[0].integer < 0 || reply.items[1].kind != Kind::kInteger) return {};
  PresenceCount count;
  count.clients = static_cast<uint64_t>(reply.items[0].integer);
  if (reply.items[1].integer >= 0) count.users = static_cast<uint64_t>(reply.items[1].integer);
  return count;
}

}  // namespace lws_chat
