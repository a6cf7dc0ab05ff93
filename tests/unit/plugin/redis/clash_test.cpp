#include "redis/clash.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

std::string clash(std::string_view own, std::string_view other, std::string_view own_prefix = "c",
                  std::string_view other_prefix = "c") {
  return redis_clash({own, own_prefix}, {other, other_prefix}, "vhost a");
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(the_same_server_and_prefix_are_a_clash) {
  CHECK_EQ(clash("redis://10.0.0.5", "redis://10.0.0.5:6379"),
           "redis: 10.0.0.5:6379 with the redis-prefix \"c\" is also that of vhost a, which has another hub: set the "
           "same \"hub\" in both, or another \"redis-prefix\"");
  CHECK_EQ(clash("unix:/run/redis.sock", "unix:///run/redis.sock?user=u"),
           "redis: unix:/run/redis.sock with the redis-prefix \"c\" is also that of vhost a, which has another hub: "
           "set the same \"hub\" in both, or another \"redis-prefix\"");
}

TEST(a_database_keeps_nothing_apart) {
  CHECK(says(clash("redis://10.0.0.5/1", "redis://10.0.0.5/2"),
             "which has another hub (another database has the same channels): set the same \"hub\""));
}

TEST(one_server_of_several_is_enough) {
  CHECK(says(clash("redis://10.0.0.5 redis://10.0.0.6", "redis://10.0.0.7 redis://10.0.0.6"), "redis: 10.0.0.6:"));
}

TEST(sentinels_that_know_the_same_server_are_a_clash) {
  CHECK(says(clash("redis+sentinel://a,b/main", "redis+sentinel://b,c/main"),
             "redis: the Sentinels' \"main\" with the redis-prefix \"c\""));
  CHECK_EQ(clash("redis+sentinel://a,b/main", "redis+sentinel://b,c/other"), "");
  CHECK_EQ(clash("redis+sentinel://a,b/main", "redis+sentinel://c,d/main"), "");
  CHECK_EQ(clash("redis+sentinel://a,b/main", "redis://a"), "");
}

TEST(a_prefix_that_begins_with_the_other_one_and_a_dot_is_a_clash) {
  std::string end =
      " in vhost a with the same Redis: choose another one, because none may begin with another one and a dot";
  CHECK_EQ(clash("redis://h", "redis://h", "c.x", "c"), "redis-prefix is \"c.x\", and \"c\"" + end);
  CHECK_EQ(clash("redis://h", "redis://h", "c", "c.x"), "redis-prefix is \"c\", and \"c.x\"" + end);
}

TEST(hubs_with_other_servers_or_prefixes_are_apart) {
  CHECK_EQ(clash("redis://10.0.0.5", "redis://10.0.0.6"), "");
  CHECK_EQ(clash("redis://10.0.0.5", "redis://10.0.0.5:6380"), "");
  CHECK_EQ(clash("redis://h", "redis://h", "c", "d"), "");
  CHECK_EQ(clash("redis://h", "redis://h", "c", "cx.y"), "");
}

TEST(a_url_that_cannot_be_read_is_no_clash) { CHECK_EQ(clash("http://h", "http://h"), ""); }
