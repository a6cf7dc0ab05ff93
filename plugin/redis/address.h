#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// Where a server listens.
struct RedisAddress {
  std::string host;  // name or number; empty: a Unix socket
  uint16_t port = 6379;
  std::string path;  // of the Unix socket
};

// A Redis server, or the one that Sentinels name.
struct RedisServer {
  RedisAddress address;
  std::vector<RedisAddress> sentinels;  // empty: `address` is the server
  std::string master;                   // the Sentinels' name for the server
  std::string user;                     // empty: the default one
  unsigned database = 0;
  bool tls = false;
};

// Reads URLs of servers, separated by blanks. Returns what is wrong in one line; empty: nothing is.
//
//   redis://HOST[:PORT][/DATABASE]            rediss:// for TLS, redis://USER@HOST for another user than the default
//   one unix:PATH[?db=DATABASE] redis+sentinel://HOST[:PORT][,HOST[:PORT]...]/MASTER[?db=DATABASE]
[[nodiscard]] std::string read_redis_urls(std::string_view urls, std::vector<RedisServer>& servers);

}  // namespace lws_chat
