#include "redis/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "core/log_text.h"
#include "redis/sha1.h"

namespace lws_chat {
namespace {

constexpr uint16_t kServerPort = 6379;
constexpr uint16_t kSentinelPort = 26379;
constexpr size_t kLongestPath = 107;  // of sockaddr_un, without the zero byte
constexpr size_t kLongestHost = 253;  // RFC 1035
constexpr unsigned kMostDatabases = 1'000'000;

constexpr char kForms[] =
    "use redis://HOST:PORT, rediss://HOST:PORT, unix:PATH or redis+sentinel://HOST:PORT,HOST:PORT/MASTER";

// Takes the part of `text` before the first `separator` off. Without one it takes everything.
std::string_view take_before(std::string_view& text, char separator) {
  size_t end = text.find(separator);
  std::string_view before = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return before;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// Replaces each %XX by its byte.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const char* digits = text.data() + i + 1;
    if (text.size() - i < 3) return std::nullopt;
    if (auto [end, error] = std::from_chars(digits, digits + 2, byte, 16); error != std::errc() || end != digits + 2)
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

bool is_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_ipv6(std::string_view text) {
  in6_addr address;
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

// Reads one URL into a server. The functions return what is wrong, as the end of a sentence that begins with the URL.
class UrlReader {
 public:
  UrlReader(std::string_view url, RedisServer& server) : rest_(url), server_(server) {}

  std::string read() {
    if (take_prefix(rest_, "unix:")) return read_unix();
    server_.tls = take_prefix(rest_, "rediss");
    if (!server_.tls && !take_prefix(rest_, "redis")) return std::string("is not the URL of a server: ") + kForms;
    bool sentinel = take_prefix(rest_, "+sentinel");
    if (!take_prefix(rest_, "://")) return std::string("is not the URL of a server: ") + kForms;
    return sentinel ? read_sentinels() : read_server();
  }

 private:
  std::string read_unix() {
    take_prefix(rest_, "//");  // other programs want unix:///PATH
    std::string_view path = take_before(rest_, '?');
    server_.address.path = std::string(path);
    if (path.empty() || path[0] != '/') return "needs an absolute path, for example unix:/run/redis/redis.sock";
    if (path.size() > kLongestPath)
      return "has a path of more than " + std::to_string(kLongestPath) + " bytes, which no socket can have";
    return read_query(rest_);
  }

  std::string read_server() {
    std::string_view query = split_query();
    std::string_view hosts = take_before(rest_, '/');
    std::string wrong = read_user(hosts);
    if (wrong.empty() && hosts.find(',') != std::string_view::npos)
      return "has a comma: write spaces between servers; only redis+sentinel:// has a list with commas";
    if (wrong.empty()) wrong = read_host(hosts, kServerPort, server_.address);
    if (wrong.empty() && !rest_.empty()) wrong = read_database(rest_);
    return wrong.empty() ? read_query(query) : wrong;
  }

  std::string read_sentinels() {
    std::string_view query = split_query();
    std::string_view hosts = take_before(rest_, '/');
    std::string wrong = read_user(hosts);
    for (bool more = true; more && wrong.empty();) {
      more = hosts.find(',') != std::string_view::npos;
      wrong = read_sentinel(take_before(hosts, ','));
    }
    if (!wrong.empty()) return wrong;
    if (rest_.find('/') != std::string_view::npos)
      return "has a '/' in the Sentinels' name for the server: write a database as ?db=NUMBER behind the name, and a "
             "'/' "
             "in the name as %2f";
    std::optional<std::string> master = decoded(rest_);
    if (!master || master->empty())
      return "needs the name by which the Sentinels know the server, for example redis+sentinel://HOST:26379/mymaster";
    server_.master = *master;
    return read_query(query);
  }

  std::string read_sentinel(std::string_view text) {
    RedisAddress address;
    std::string wrong = read_host(text, kSentinelPort, address);
    if (!wrong.empty()) return wrong;
    auto& known = server_.sentinels;
    if (std::find(known.begin(), known.end(), address) != known.end())
      return "has the Sentinel " + name_of(address) + " twice";
    known.push_back(address);
    return "";
  }

  std::string_view split_query() {
    size_t mark = rest_.find('?');
    if (mark == std::string_view::npos) return {};
    std::string_view query = rest_.substr(mark + 1);
    rest_ = rest_.substr(0, mark);
    return query;
  }

  std::string read_user(std::string_view& hosts) {
    size_t at = hosts.rfind('@');
    if (at == std::string_view::npos) return "";
    std::string_view user = hosts.substr(0, at);
    hosts.remove_prefix(at + 1);
    return set_user(user);
  }

  std::string set_user(std::string_view text) {
    if (text.find(':') != std::string_view::npos)
      return "has a password, which everybody sees who sees the configuration: write it into a file, and name that "
             "with "
             "redis-password-file";
    std::optional<std::string> user = decoded(text);
    if (!user || user->empty()) return "has a user's name that cannot be read";
    server_.user = *user;
    return "";
  }

  static std::string read_host(std::string_view text, uint16_t default_port, RedisAddress& address) {
    address.port = default_port;
    std::string wrong = text.substr(0, 1) == "[" ? read_ipv6(text, address) : read_name(text, address);
    if (!wrong.empty() || text.empty()) return wrong;
    if (!take_prefix(text, ":")) return "has something other than a port behind its host";
    if (!read_number(text, address.port) || address.port == 0)
      return "has " + in_log(text) + " as its port, which must be a number from 1 to 65535";
    return "";
  }

  static std::string read_ipv6(std::string_view& text, RedisAddress& address) {
    text.remove_prefix(1);
    bool closed = text.find(']') != std::string_view::npos;
    std::string_view host = take_before(text, ']');
    if (!closed || !is_ipv6(host)) return "has no IPv6 address in brackets, as in redis://[fd00::5]:6379";
    address.host = std::string(host);
    return "";
  }

  static std::string read_name(std::string_view& text, RedisAddress& address) {
    if (std::count(text.begin(), text.end(), ':') > 1)
      return "has several colons: an IPv6 address needs brackets, as in redis://[fd00::5]:6379";
    std::string_view host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
    if (host.empty()) return "has no host, as in redis://HOST:6379";
    if (host.size() > kLongestHost) return "has a host's name of more than " + std::to_string(kLongestHost) + " bytes";
    auto strange = std::find_if_not(host.begin(), host.end(), is_in_name);
    if (strange != host.end())
      return "has " + in_log({&*strange, 1}) +
             " in the name of its host: only letters, digits, '.', '-' and '_' may be";
    address.host = std::string(host);
    return "";
  }

  std::string read_database(std::string_view text) {
    if (read_number(text, server_.database) && server_.database < kMostDatabases) return "";
    return "has a database that is not a number from 0 to " + std::to_string(kMostDatabases - 1) +
           ", as in redis://HOST:PORT/1";
  }

  std::string read_query(std::string_view query) {
    while (!query.empty()) {
      std::string_view item = take_before(query, '&');
      std::string wrong;
      if (take_prefix(item, "db=")) {
        wrong = read_database(item);
      } else if (take_prefix(item, "user=")) {
        wrong = set_user(item);
      } else {
        std::string_view name = item.substr(0, item.find('='));
        wrong = "has " + in_log(name) + " behind its question mark, where only db=DATABASE and user=USER may be";
        if (name == "password") wrong += ": write the password into a file, and name that with redis-password-file";
      }
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  std::string_view rest_;
  RedisServer& server_;
};

// A URL for a message, without a password.
std::string shown(std::string_view url) {
  url = url.substr(0, url.find('?'));
  size_t at = url.rfind('@');
  size_t user = url.find("://");
  if (at == std::string_view::npos || user == std::string_view::npos || user + 3 > at) return in_log(url);
  return in_log(std::string(url.substr(0, user + 3)) + std::string(url.substr(at + 1)));
}

// A name or a list that has a blank in it falls into pieces.
std::string piece_of(std::string_view url, const std::vector<RedisServer>& before) {
  bool piece = !before.empty() && url.find("://") == std::string_view::npos && url.substr(0, 5) != "unix:";
  return piece ? "; spaces separate servers, and a space in a name is %20" : "";
}

bool is_same(const RedisServer& a, const RedisServer& b) {
  return a.address == b.address && a.sentinels == b.sentinels && a.master == b.master && a.database == b.database;
}

}  // namespace

std::string read_redis_urls(std::string_view urls, std::vector<RedisServer>& servers) {
  servers.clear();
  constexpr std::string_view kBlanks = " \t\r\n";
  for (size_t begin; (begin = urls.find_first_not_of(kBlanks)) != std::string_view::npos;) {
    urls.remove_prefix(begin);
    std::string_view url = urls.substr(0, urls.find_first_of(kBlanks));
    urls.remove_prefix(url.size());
    RedisServer server;
    std::string wrong = UrlReader(url, server).read();
    if (!wrong.empty()) return shown(url) + " " + wrong + piece_of(url, servers);
    if (std::any_of(servers.begin(), servers.end(), [&](const RedisServer& other) { return is_same(server, other); }))
      return shown(url) + " stands there twice: each server has a part of the rooms";
    servers.push_back(std::move(server));
  }
  return servers.empty() ? std::string("there is no server: ") + kForms : "";
}

// Sentinels may be listed in any order, and some of them are enough.
std::string digest_of(const std::vector<RedisServer>& servers) {
  std::string all;
  for (const RedisServer& server : servers) {
    if (servers.size() > 1) all += server.master.empty() ? name_of(server.address) : "sentinel " + server.master;
    all += "/" + std::to_string(server.database) + "\n";
  }
  return sha1_hex(all);
}

std::string name_of(const RedisAddress& address) {
  if (address.host.empty()) return "unix:" + address.path;
  bool bracketed = address.host.find(':') != std::string::npos;
  return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace lws_chat
