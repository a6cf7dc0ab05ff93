#include "host/check/redis_check.h"

#include "support/config_findings.h"
#include "support/test_certificate.h"

using namespace unit;

namespace {

const std::string kServer = R"("redis":"redis://127.0.0.1:6379")";
const std::string kTlsServer = R"("redis":"rediss://127.0.0.1:6379")";

std::string chat_vhost(const std::string& name, const std::string& port, const std::string& options) {
  return vhost("\"name\":\"" + name + "\",\"port\":" + port + ",\"ws-protocols\":[{\"lws-chat\":{\"status\":\"ok\"," +
               options + "}}]");
}

std::string option(const std::string& name, const std::string& value) { return "\"" + name + "\":\"" + value + "\""; }

// A file that only its owner may read.
std::string secret(const TempDir& dir, const std::string& text) {
  dir.write("secret", text);
  chmod(dir.path("secret").c_str(), 0600);
  return dir.path("secret");
}

}  // namespace

TEST(servers_that_can_be_read_are_fine_and_nobody_asks_them) {
  CHECK_EQ(in_chat(kServer), "");
  CHECK_EQ(in_chat(option("redis", "redis://[::1]:1/3 redis://chat@redis.example unix:/run/redis/redis.sock?db=2")),
           "");
  CHECK_EQ(in_chat(option("redis", "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379/mymaster")), "");
}

TEST(a_url_that_cannot_be_read_is_named_with_its_place) {
  std::string said = in_chat(option("redis", "redis://127.0.0.1:6379 http://10.0.0.5"));
  CHECK_CONTAINS(said, "conf:2:9: error: redis: \"http://10.0.0.5\" ");
  CHECK(said.find("127.0.0.1") == std::string::npos);
  CHECK_CONTAINS(in_chat(option("redis", " ")), "conf:2:9: error: redis: ");
}

TEST(a_password_in_a_url_is_refused_with_a_better_place_for_it_and_printed_nowhere) {
  std::string bad = option("redis", "redis://chat:s3cret@127.0.0.1:6379") + "," + option("hub", "main");
  std::string said = in_chat(bad);
  CHECK_CONTAINS(said, "error: redis: ");
  CHECK_CONTAINS(said, "redis-password-file");
  CHECK(said.find("s3cret") == std::string::npos);
  said = findings(chat_vhost("a", "80", bad), chat_vhost("b", "81", option("hub", "main")));
  CHECK_CONTAINS(said, "differ in redis (redis://chat@127.0.0.1:6379 and )");
  CHECK(said.find("s3cret") == std::string::npos);
}

TEST(a_password_file_has_a_password_that_only_the_server_may_read) {
  TempDir dir;
  auto file = [&](const std::string& path) { return in_chat(kServer + "," + option("redis-password-file", path)); };
  CHECK_EQ(file(secret(dir, "s3cret\n")), "");
  CHECK_CONTAINS(file(dir.path("none")), "error: redis-password-file " + dir.path("none") + ": missing");
  CHECK_CONTAINS(file("secret"), "error: \"secret\" is a relative path");
  for (const char* nothing : {"", "\n", "\ns3cret\n"})
    CHECK_CONTAINS(file(secret(dir, nothing)), "error: redis-password-file " + dir.path("secret") +
                                                   ": its first line is empty, expected the password there");
  std::string path = secret(dir, "s3cret\n");
  chmod(path.c_str(), 0644);
  CHECK_CONTAINS(file(path), "error: redis-password-file " + path +
                                 ": every user of this machine has rights to it: chmod o-rwx " + path);
}

TEST(authorities_are_certificates_and_matter_to_rediss_only) {
  TempDir dir;
  std::string authority = dir.path("ca.pem");
  TestCertificate().write_certificate(authority);
  auto file = [&](const std::string& server, const std::string& path) {
    return in_chat(server + "," + option("redis-tls-ca-file", path));
  };
  CHECK_EQ(file(kTlsServer, authority), "");
  CHECK_CONTAINS(file(kServer, authority), "warning: it has no effect: no URL in \"redis\" begins with rediss://");
  CHECK_CONTAINS(file(kTlsServer, secret(dir, "x")), ": has no certificate");
  CHECK_CONTAINS(file(kTlsServer, dir.path("none")), "error: redis-tls-ca-file " + dir.path("none") + ": missing");
}

TEST(options_without_redis_are_a_warning) {
  TempDir dir;
  std::string path = secret(dir, "s3cret");
  for (const std::string& set :
       {option("redis-prefix", "chat"), option("redis-password-file", path), option("redis-tls-ca-file", path),
        option("broker", "local"), option("typing/broker", "shared")})
    CHECK_CONTAINS(in_chat(set), "warning: it has no effect without \"redis\"");
  CHECK_EQ(in_chat(option("redis", "")), "");
}

TEST(redis_without_a_shared_room_is_a_warning) {
  CHECK_CONTAINS(in_chat(kServer + "," + option("broker", "local")), "warning: no room is in Redis");
  CHECK_EQ(in_chat(kServer + "," + option("broker", "local") + "," + option("news/broker", "shared")), "");
  CHECK_EQ(in_chat(kServer + "," + option("typing/broker", "local")), "");
}

TEST(the_default_room_has_a_name_that_a_room_in_redis_may_have) {
  std::string room = "," + option("default-room", "meta.x");
  CHECK_CONTAINS(in_chat(kServer + room), "error: default-room is \"meta.x\", but no room in Redis may have a name");
  CHECK_EQ(in_chat(kServer + room + "," + option("broker", "local") + "," + option("news/broker", "shared")), "");
  CHECK_EQ(in_chat(option("default-room", "meta.x")), "");
}

TEST(a_room_is_in_redis_or_in_storage) {
  TempDir dir;
  std::string both = kServer + "," + option("storage", dir.path("rooms.db"));
  CHECK_CONTAINS(
      in_chat(both + "," + option("kept/durable", "1")),
      "error: kept/durable is on, but the rooms of \"kept\" are in Redis, and a room is either in Redis or in "
      "storage: set kept/broker to local, or kept/durable to 0");
  CHECK_EQ(in_chat(both + "," + option("kept/durable", "1") + "," + option("kept/broker", "local")), "");
  CHECK_EQ(in_chat(both + "," + option("kept/broker", "local")), "");
}

TEST(storage_beside_redis_needs_a_room_that_is_not_shared) {
  TempDir dir;
  std::string both = kServer + "," + option("storage", dir.path("rooms.db"));
  std::string said =
      "warning: no room is durable, so it keeps no messages: the rooms are in Redis; "
      "\"broker\": \"local\" keeps them here";
  CHECK_CONTAINS(in_chat(both), said);
  CHECK_CONTAINS(in_chat(both + "," + option("kept/broker", "local") + "," + option("kept/durable", "0")), said);
}

TEST(vhosts_with_the_same_redis_have_one_hub_or_prefixes_that_are_apart) {
  auto both = [&](const std::string& first, const std::string& second) {
    return findings(chat_vhost("a", "80", kServer + "," + first), chat_vhost("b", "81", kServer + "," + second));
  };
  auto prefix = [](const std::string& value) { return option("redis-prefix", value); };
  std::string clash =
      "error: redis: 127.0.0.1:6379 with the redis-prefix \"centrifugo\" is also that of vhost \"a\" (conf:1:";
  CHECK_CONTAINS(both(option("may-publish", "nobody"), option("history-size", "5")), clash);
  CHECK_CONTAINS(both(option("hub", "a"), option("hub", "b")), clash);
  CHECK_CONTAINS(both(prefix("c"), prefix("c.x")), "error: redis-prefix is \"c.x\", and \"c\" in vhost \"a\" (conf:1:");
  CHECK_EQ(both(prefix("c"), prefix("d")), "");
  CHECK_EQ(both(option("hub", "main"), option("hub", "main")), "");
}

TEST(vhosts_of_a_hub_have_the_same_redis) {
  std::string hub = "," + option("hub", "main");
  auto both = [&](const std::string& first, const std::string& second) {
    return findings(chat_vhost("a", "80", first), chat_vhost("b", "81", second));
  };
  CHECK_EQ(both(kServer + hub, kServer + hub), "");
  CHECK_EQ(both(kServer, option("redis", "redis://10.0.0.5")), "");
  CHECK_CONTAINS(both(kServer + hub, option("redis", "redis://10.0.0.5") + hub),
                 "share the hub \"main\" but differ in redis (redis://127.0.0.1:6379 and redis://10.0.0.5)");
  CHECK_CONTAINS(both(kServer + hub, kServer + "," + option("redis-prefix", "b") + hub),
                 "differ in redis-prefix (centrifugo and b)");
  CHECK_CONTAINS(both(kServer + hub, kServer + "," + option("typing/broker", "local") + hub),
                 "differ in typing/broker (shared and local)");
}
