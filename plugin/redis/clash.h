#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// Where a hub has its shared rooms.
struct RedisPlace {
  std::string_view servers;  // URLs, see read_redis_urls()
  std::string_view prefix;
};

// Two hubs of one process have the same rooms if they have the same server and prefix, and each has rules of its own:
// a client of one could do in a room what the other forbids. Returns what is wrong in one line; empty: the hubs are
// apart. A database keeps nothing apart, because channels do not belong to one. Servers are compared by what the URLs
// call them. `other_vhost` is for the line.
std::string redis_clash(const RedisPlace& own, const RedisPlace& other, const std::string& other_vhost);

}  // namespace lws_chat
