#include "redis/sentinel.h"

#include <array>

#include "support/free_port.h"
#include "support/link_fixture.h"
#include "support/redis_process.h"

using namespace lws_chat;
using unit::LinkFixture;
using unit::RedisProcess;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string port_of(const std::unique_ptr<RedisProcess>& process) {
  return process->ask({"CONFIG", "GET", "port"}).items.at(1).text;
}

// A master, a replica, and three Sentinels that watch them.
struct Cluster {
  explicit Cluster(const std::string& sentinel_options = "") {
    int port = unit::free_port();
    servers[0] = std::make_unique<RedisProcess>("port " + std::to_string(port));
    servers[1] = std::make_unique<RedisProcess>("port " + std::to_string(unit::free_port()) + "\nreplicaof 127.0.0.1 " +
                                                std::to_string(port) + "\nrepl-diskless-sync-delay 0");
    for (auto& sentinel : sentinels) {
      int its_port = unit::free_port();
      urls += (urls.empty() ? "redis+sentinel://127.0.0.1:" : ",127.0.0.1:") + std::to_string(its_port);
      sentinel = std::make_unique<RedisProcess>("port " + std::to_string(its_port) +
                                                    "\nsentinel monitor chat 127.0.0.1 " + std::to_string(port) +
                                                    " 2\nsentinel down-after-milliseconds chat 2000\n"
                                                    "sentinel failover-timeout chat 6000\n" +
                                                    sentinel_options,
                                                "redis-sentinel");
    }
    urls += "/chat";
  }

  // What a Sentinel says about the master.
  std::string field(const std::string& name) {
    RedisReply all = sentinels[0]->ask({"SENTINEL", "MASTER", "chat"});
    for (size_t i = 0; i + 1 < all.items.size(); i += 2)
      if (all.items[i].text == name) return all.items[i + 1].text;
    return "";
  }

  // A failover needs a replica that is in step, and Sentinels that know each other.
  void until_ready(LinkFixture& f) {
    f.until([&] { return field("num-slaves") == "1" && field("num-other-sentinels") == "2"; });
    f.until([&] { return says(servers[1]->ask({"INFO", "replication"}).text, "master_link_status:up"); });
  }

  std::array<std::unique_ptr<RedisProcess>, 2> servers;
  std::array<std::unique_ptr<RedisProcess>, 3> sentinels;
  std::string urls;
};

std::string port_in_use(LinkFixture& f) { return f.ask({"CONFIG", "GET", "port"}).items.at(1).text; }

}  // namespace

TEST(a_link_finds_the_master_and_follows_it) {
  Cluster cluster;
  LinkFixture f(cluster.urls);
  f.until_up();
  CHECK_EQ(port_in_use(f), port_of(cluster.servers[0]));
  CHECK(!f.link->server().promoted);
  cluster.until_ready(f);
  std::string expected = port_of(cluster.servers[1]);

  // Asked to.
  f.until([&] { return !cluster.sentinels[0]->ask({"SENTINEL", "FAILOVER", "chat"}).is_error(); });
  f.until([&] { return f.downs > 0; });
  f.until([&] { return f.link->is_up() && f.link->server().promoted; });
  CHECK_EQ(port_in_use(f), expected);
  CHECK_EQ(f.ask({"SET", "key", "x"}).text, "OK");
}

TEST(a_dead_master_is_replaced_by_its_replica) {
  Cluster cluster;
  LinkFixture f(cluster.urls);
  f.until_up();
  cluster.until_ready(f);
  std::string before = f.link->server().run_id;
  cluster.servers[0]->kill();
  f.until_down();
  f.until_up();
  CHECK(f.link->server().run_id != before);
  CHECK(f.link->server().promoted);
  CHECK_EQ(port_in_use(f), port_of(cluster.servers[1]));
}

TEST(one_sentinel_is_enough) {
  Cluster cluster;
  cluster.sentinels[0]->kill();
  cluster.sentinels[1]->stop();
  LinkFixture f(cluster.urls, "", "", {10'000'000, 10'000'000});
  f.until_up();
  CHECK_EQ(f.reports.size(), 1u);
}

TEST(a_link_stays_up_without_sentinels_and_hears_the_next_news_all_the_same) {
  Cluster cluster;
  LinkFixture f(cluster.urls);
  f.until_up();
  cluster.until_ready(f);
  for (auto& sentinel : cluster.sentinels) sentinel->restart();
  CHECK_EQ(f.ask({"PING"}).text, "PONG");
  CHECK_EQ(f.downs, 0);
  cluster.until_ready(f);
  f.until([&] { return !cluster.sentinels[0]->ask({"SENTINEL", "FAILOVER", "chat"}).is_error(); });
  f.until([&] { return f.link->is_up() && f.link->server().promoted; });
}

TEST(sentinels_that_do_not_run_are_told) {
  LinkFixture f("redis+sentinel://127.0.0.1:1,127.0.0.1:2/chat");
  CHECK(says(f.problem(), "The Sentinel at 127.0.0.1:2 cannot be connected to"));
}

TEST(a_server_that_is_no_sentinel_is_told) {
  int port = unit::free_port();
  RedisProcess redis("port " + std::to_string(port));
  LinkFixture f("redis+sentinel://127.0.0.1:" + std::to_string(port) + "/chat");
  CHECK(says(f.problem(), "is not a Sentinel"));
}

TEST(a_master_that_no_sentinel_knows_is_told) {
  int port = unit::free_port();
  RedisProcess sentinel("port " + std::to_string(port), "redis-sentinel");
  LinkFixture f("redis+sentinel://127.0.0.1:" + std::to_string(port) + "/chat");
  CHECK(says(f.problem(), "knows no master \"chat\""));
}

TEST(sentinels_with_a_password_get_it) {
  Cluster cluster("requirepass secret");
  LinkFixture f(cluster.urls);
  CHECK(says(f.problem(), "NOAUTH"));
  for (auto& server : cluster.servers) server->ask({"CONFIG", "SET", "requirepass", "secret"});
  f.password = "secret";
  f.until_up();
}
