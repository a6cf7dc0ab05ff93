#include "redis/clash.h"

#include <algorithm>
#include <vector>

#include "core/log_text.h"
#include "redis/address.h"

namespace lws_chat {
namespace {

bool is_one_server(const RedisServer& a, const RedisServer& b) {
  if (a.sentinels.empty() || b.sentinels.empty())
    return a.sentinels.empty() && b.sentinels.empty() && a.address == b.address;
  return a.master == b.master && std::find_first_of(a.sentinels.begin(), a.sentinels.end(), b.sentinels.begin(),
                                                    b.sentinels.end()) != a.sentinels.end();
}

std::string name_of(const RedisServer& server) {
  return server.sentinels.empty() ? name_of(server.address) : "the Sentinels' " + in_log(server.master);
}

// RedisKeys puts a dot behind the prefix.
bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() && text.substr(0, prefix.size()) == prefix && text[prefix.size()] == '.';
}

std::string clash_at(const RedisServer& own, const RedisServer& other, std::string_view own_prefix,
                     std::string_view other_prefix, const std::string& other_vhost) {
  if (own_prefix == other_prefix)
    return "redis: " + name_of(own) + " with the redis-prefix " + in_log(own_prefix) + " is also that of " +
           other_vhost + ", which has another hub" +
           (own.database == other.database ? "" : " (another database has the same channels)") +
           ": set the same \"hub\" in both, or another \"redis-prefix\"";
  return "redis-prefix is " + in_log(own_prefix) + ", and " + in_log(other_prefix) + " in " + other_vhost +
         " with the same Redis: choose another one, because none may begin with another one and a dot";
}

}  // namespace

std::string redis_clash(const RedisPlace& own, const RedisPlace& other, const std::string& other_vhost) {
  bool nested = begins_with(own.prefix, other.prefix) || begins_with(other.prefix, own.prefix);
  if (own.prefix != other.prefix && !nested) return "";
  std::vector<RedisServer> own_servers;
  std::vector<RedisServer> other_servers;
  // Another check reports a list that cannot be read.
  if (!read_redis_urls(own.servers, own_servers).empty() || !read_redis_urls(other.servers, other_servers).empty())
    return "";
  for (const RedisServer& server : own_servers) {
    auto same = std::find_if(other_servers.begin(), other_servers.end(),
                             [&](const RedisServer& theirs) { return is_one_server(server, theirs); });
    if (same != other_servers.end()) return clash_at(server, *same, own.prefix, other.prefix, other_vhost);
  }
  return "";
}

}  // namespace lws_chat
