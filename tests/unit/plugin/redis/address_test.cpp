#include "redis/address.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

RedisServer read(const std::string& url) {
  std::vector<RedisServer> servers;
  CHECK_EQ(read_redis_urls(url, servers), "");
  CHECK_EQ(servers.size(), 1u);
  return servers[0];
}

std::string wrong(const std::string& urls) {
  std::vector<RedisServer> servers;
  std::string what = read_redis_urls(urls, servers);
  CHECK(!what.empty());
  CHECK(what.find('\n') == std::string::npos);
  return what;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(a_host_has_the_usual_port_and_database_unless_it_says_otherwise) {
  RedisServer server = read("redis://redis.example");
  CHECK_EQ(name_of(server.address), "redis.example:6379");
  CHECK_EQ(server.database, 0u);
  CHECK(!server.tls);
  CHECK(server.user.empty());
  server = read("redis://node@10.0.0.5:7000/3");
  CHECK_EQ(name_of(server.address), "10.0.0.5:7000");
  CHECK_EQ(server.database, 3u);
  CHECK_EQ(server.user, "node");
  CHECK_EQ(read("redis://h/").database, 0u);
  CHECK_EQ(read("redis://h?db=4").database, 4u);
}

TEST(an_ipv6_address_stands_in_brackets) {
  RedisServer server = read("redis://[fd00::5]:7000");
  CHECK_EQ(server.address.host, "fd00::5");
  CHECK_EQ(name_of(server.address), "[fd00::5]:7000");
  CHECK_EQ(read("redis://[::1]").address.port, 6379);
  for (const char* url : {"redis://fd00::5", "redis://fd00::5:6379", "redis://::1", "redis+sentinel://a,::1/m"})
    CHECK(says(wrong(url), "needs brackets, as in redis://[fd00::5]:6379"));
  for (const char* url : {"redis://[fd00::zz]", "redis://[1.2.3.4]", "redis://[h]", "redis://[", "redis://[::1:6379"})
    CHECK(says(wrong(url), "no IPv6 address in brackets"));
}

TEST(tls_has_a_scheme_of_its_own) {
  CHECK(read("rediss://h:6380").tls);
  CHECK(read("rediss+sentinel://h/m").tls);
}

TEST(a_unix_socket_has_an_absolute_path_and_may_have_a_database_and_a_user) {
  RedisServer server = read("unix:/run/redis/redis.sock?db=2&user=node");
  CHECK_EQ(server.address.path, "/run/redis/redis.sock");
  CHECK(server.address.host.empty());
  CHECK_EQ(server.database, 2u);
  CHECK_EQ(server.user, "node");
  CHECK_EQ(name_of(server.address), "unix:/run/redis/redis.sock");
  CHECK_EQ(read("unix:///run/redis.sock").address.path, "/run/redis.sock");
  CHECK(says(wrong("unix:redis.sock"), "absolute"));
  CHECK(says(wrong("unix:"), "absolute"));
  CHECK(says(wrong("unix:/" + std::string(107, 'x')), "107"));
}

TEST(sentinels_are_a_list_and_name_a_master) {
  RedisServer server = read("redis+sentinel://node@a,b:26380,[::1]/my%20master?db=1");
  CHECK_EQ(server.sentinels.size(), 3u);
  CHECK_EQ(name_of(server.sentinels[0]), "a:26379");
  CHECK_EQ(name_of(server.sentinels[1]), "b:26380");
  CHECK_EQ(name_of(server.sentinels[2]), "[::1]:26379");
  CHECK_EQ(server.master, "my master");
  CHECK_EQ(server.database, 1u);
  CHECK_EQ(server.user, "node");
  CHECK_EQ(read("redis+sentinel://a/m%2f2").master, "m/2");
  CHECK(says(wrong("redis+sentinel://a:26379"), "name by which the Sentinels know"));
  for (const char* url : {"redis+sentinel://a,,b/m", "redis+sentinel://a,/m", "redis+sentinel://,a/m"})
    CHECK(says(wrong(url), "no host"));
  CHECK(says(wrong("redis+sentinel://a:1,b,a:1/m"), "has the Sentinel a:1 twice"));
  CHECK(says(wrong("redis+sentinel://a,a:26379/m"), "has the Sentinel a:26379 twice"));
  CHECK(says(wrong("redis+sentinel://a:1/m/2"), "?db=NUMBER"));
}

TEST(several_servers_stand_between_blanks) {
  std::vector<RedisServer> servers;
  CHECK_EQ(read_redis_urls("  redis://a\tredis://b:1\n unix:/c ", servers), "");
  CHECK_EQ(servers.size(), 3u);
  CHECK_EQ(servers[1].address.port, 1);
  for (const char* urls : {"redis://a,redis://b", "redis://a:1, redis://b:1", "redis://a:1,b:1", "redis://u@a,b"})
    CHECK(says(wrong(urls), "has a comma: write spaces"));
  for (const char* urls : {"redis+sentinel://a/my master", "redis://a b", "redis+sentinel://a/m b redis://c"})
    CHECK(says(wrong(urls), "; spaces separate servers, and a space in a name is %20"));
  CHECK(!says(wrong("redis://a http://b"), "%20"));
  CHECK(says(wrong("redis://a redis://b redis://a:6379"), "twice"));
  CHECK_EQ(read_redis_urls("redis://a/1 redis://a/2", servers), "");
}

TEST(lists_of_the_same_servers_in_the_same_order_have_the_same_digest) {
  auto digest = [](const char* urls) {
    std::vector<RedisServer> servers;
    CHECK_EQ(read_redis_urls(urls, servers), "");
    return digest_of(servers);
  };
  CHECK_EQ(digest("redis://a redis://b"), digest(" redis://node@a:6379  redis://b/0"));
  for (const char* other : {"redis://b redis://a", "redis://a", "redis://a redis://c", "redis://a redis://b/1"})
    CHECK(digest("redis://a redis://b") != digest(other));
  CHECK_EQ(digest("redis://a"), digest("unix:/a"));
  CHECK(digest("redis://a") != digest("redis://a/1"));
  CHECK_EQ(digest("redis+sentinel://s,t/m redis+sentinel://s/n"),
           digest("redis+sentinel://t,s/m redis+sentinel://s,t/n"));
}

TEST(a_password_is_refused_with_advice_and_not_repeated) {
  for (const char* url : {"redis://:secret@h", "redis://node:secret@h", "redis://node:se@cret@h:1",
                          "rediss://u:secret@h", "redis+sentinel://:secret@h/m", "redis://h?password=secret"}) {
    std::string what = wrong(url);
    CHECK(!says(what, "cret"));
    CHECK(says(what, "password") || says(what, "db=DATABASE"));
  }
  for (const char* url : {"redis://:x@h", "redis://h?password=x", "unix:/s?password=x"})
    CHECK(says(wrong(url), "redis-password-file"));
}

TEST(names_of_users_may_have_any_byte) {
  CHECK_EQ(read("redis://a%40b%2fc@h").user, "a@b/c");
  for (const char* url : {"redis://%@h", "redis://%4@h", "redis://%zz@h", "redis://@h"})
    CHECK(says(wrong(url), "user's name"));
}

TEST(bad_urls_have_one_line_that_names_them) {
  for (const char* url : {"10.0.0.5:6379",  "http://h",
                          "redis:h",        "redis:/h",
                          "redis://",       "redis:///1",
                          "redis://h:0",    "redis://h:65536",
                          "redis://h:x",    "redis://h:",
                          "redis://h/x",    "redis://h/-1",
                          "redis://h/1/2",  "redis://h/99999999999",
                          "redis://[::1",   "redis://[]",
                          "redis://[::1]x", "redis://h h/1",
                          "redis://h#1",    "redis://h?x=1",
                          "redis://h?db=",  "rediss",
                          "redis",          "redis+cluster://h",
                          "redis://h\x01",  "redis://\xff",
                          "unix:/a?db=x",   "REDIS://h"}) {
    std::string what = wrong(url);
    CHECK_EQ(what[0], '"');
  }
  CHECK(says(wrong(""), "there is no server"));
  CHECK(says(wrong("   "), "there is no server"));
  CHECK(says(wrong("redis://" + std::string(254, 'h')), "more than 253 bytes"));
  CHECK(says(wrong("redis://h:99999"), "has \"99999\" as its port, which must be a number from 1 to 65535"));
  CHECK(says(wrong("redis://h:"), "has \"\" as its port"));
  CHECK(says(wrong("redis://a;redis://b"), "has \";\" in the name of its host"));
  CHECK(says(wrong("redis://h\x01"), "has \"\\x01\" in the name of its host"));
  CHECK(says(wrong("redis://h/1000000"), "not a number from 0 to 999999"));
  CHECK(says(wrong("redis://h?db=1&timeout=5"), "has \"timeout\" behind its question mark"));
  CHECK(says(wrong("rediss+sentinel"), "redis+sentinel://HOST:PORT,HOST:PORT/MASTER"));
  CHECK(says(wrong("localhost:6379"), "use redis://HOST:PORT"));
}
