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

  bool operator==(const RedisAddress& other) const {
    return host == other.host && port == other.port && path == other.path;
  }
  bool operator!=(const RedisAddress& other) const { return !(*this == other); }
};

// A Redis server, or the one that Sentinels name.
struct RedisServer {
  RedisAddress address;
  std::vector<RedisAddress> sentinels;  // empty: `address` is the server
  std::string master;                   // the Sentinels' name for the server
  std::string user;                     // empty: the default one
  unsigned database = 0;
  bool tls = false;  // with Sentinels: for them and for the server
};

// Reads URLs of servers, separated by blanks. Returns what is wrong in one line; empty: nothing is.
//
//   redis://[USER@]HOST[:PORT][/DATABASE]      rediss:// for TLS
//   unix:PATH[?db=DATABASE][&user=USER]
//   redis+sentinel://[USER@]HOST[:PORT][,HOST[:PORT]...]/MASTER[?db=DATABASE]      rediss+sentinel:// for TLS
//
// A HOST that is an IPv6 address stands in brackets. USER and MASTER may have %XX in them.
[[nodiscard]] std::string read_redis_urls(std::string_view urls, std::vector<RedisServer>& servers);

// The same for lists that mean the same servers in the same order. Nodes that have one server each and hear each other
// have the same one, whatever they call it, but perhaps not the same database.
std::string digest_of(const std::vector<RedisServer>& servers);

// What an administrator recognizes in a log line: "10.0.0.5:6379" or "unix:/run/redis.sock".
std::string name_of(const RedisAddress& address);

}  // namespace lws_chat
