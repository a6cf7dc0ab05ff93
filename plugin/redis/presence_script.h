#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "redis/keys.h"
#include "redis/link.h"

// The scripts of a room's presence, with typed arguments and answers.
namespace lws_chat {

// A member, as it stands in Redis. `info` is a ClientInfo, see client_info.h.
struct PresentMember {
  std::string_view client;
  std::string_view info{};
  std::string_view user{};  // for run_presence_add() only
};

// Adds members. Each is there for so many seconds. The room's keys stay longer, so that presence_expire finds those who
// are over. The answer is how many are new. `line` is the server's line, as the node knows it: if the server is on
// another one, it has lost members that were there, and the number is negative. Empty: nobody knows.
void run_presence_add(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members,
                      uint64_t seconds, std::string_view line, RedisLink::Answer answer);

// Says that members are still there. Those that have another info have come back through another node, and stay as they
// are. The answer has the clients that presence_expire had taken out meanwhile, so that others were told that they
// left.
void run_presence_keep(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members,
                       uint64_t seconds, RedisLink::Answer answer);

// Takes members out. One with an info is only taken out if it still has exactly this info: otherwise it has come back
// through another node. The answer is how many were taken out. If that is none, and the server is on another line than
// `line`, it is how many the server does not have at all, as a negative number: without those that others were told to
// have left.
void run_presence_remove(RedisLink& link, const PresenceNames& room, const std::vector<PresentMember>& members,
                         std::string_view line, RedisLink::Answer answer);

// The views are within the reply.
struct PresenceOver {
  std::optional<uint64_t> next_ms{};  // time until the next member is over, in milliseconds; nothing: there is none
  std::vector<PresentMember> gone{};
};

// Takes out members whose time is over, at most so many. Only one node gets each of them. Members without an end get
// one in so many seconds.
void run_presence_expire(RedisLink& link, const PresenceNames& room, size_t most, uint64_t seconds,
                         RedisLink::Answer answer);
std::optional<PresenceOver> read_presence_expire(const RedisReply& reply);

// Reads all members whose time is not over.
void run_presence_read(RedisLink& link, const PresenceNames& room, RedisLink::Answer answer);
std::optional<std::vector<PresentMember>> read_presence(const RedisReply& reply);

struct PresenceCount {
  uint64_t clients = 0;
  std::optional<uint64_t> users{};  // nothing: all members are Centrifugo's, which does not count users unless told to
};

void run_presence_stats(RedisLink& link, const PresenceNames& room, RedisLink::Answer answer);
std::optional<PresenceCount> read_presence_stats(const RedisReply& reply);

}  // namespace lws_chat
