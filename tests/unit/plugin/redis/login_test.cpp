// Servers that let a link in, or do not.
#include <sys/socket.h>

#include "redis/server_link.h"
#include "support/free_port.h"
#include "support/link_fixture.h"
#include "support/redis_process.h"
#include "support/small_server.h"

using namespace lws_chat;
using unit::LinkFixture;
using unit::RedisProcess;

namespace {

void expect(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    if (text.find(part) == std::string::npos) unit::report(__FILE__, __LINE__, text + " does not say " + part);
  CHECK(text.find('\n') == std::string::npos);
}

std::string url_of(const unit::SmallServer& server) { return "redis://127.0.0.1:" + std::to_string(server.port()); }

// Answers each of the commands of a login with the next of the replies.
std::function<void(int)> replies(const std::vector<std::string>& texts) {
  return [texts](int connection) {
    char bytes[4096];
    if (recv(connection, bytes, sizeof bytes, 0) <= 0) return;
    for (const std::string& text : texts) unit::write_all(connection, text);
    while (recv(connection, bytes, sizeof bytes, 0) > 0) {
    }
  };
}

std::string bulk(const std::string& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; }

}  // namespace

TEST(a_password_is_shown_and_a_user_too) {
  RedisProcess redis("requirepass secret\nuser node on >other ~* &* +@all");
  LinkFixture f(redis.url(), "secret");
  f.until_up();
  CHECK_EQ(f.ask({"ACL", "WHOAMI"}).text, "default");
  LinkFixture g(redis.url() + "?user=node", "other");
  g.until_up();
  CHECK_EQ(g.ask({"ACL", "WHOAMI"}).text, "node");
}

TEST(a_password_may_change_while_the_link_runs) {
  RedisProcess redis("requirepass secret");
  LinkFixture f(redis.url(), "wrong");
  expect(f.problem(), {redis.url().c_str(), "refuses AUTH", "WRONGPASS", "redis-password-file"});
  CHECK(!f.reports[0].first);
  f.password = "secret";
  f.until_up();
  CHECK_EQ(f.reports.size(), 2u);
  CHECK(f.reports[1].first);
}

TEST(a_missing_password_is_asked_for) {
  RedisProcess redis("requirepass secret");
  LinkFixture f(redis.url());
  expect(f.problem(), {redis.url().c_str(), "refuses INFO", "NOAUTH", "redis-password-file"});
}

TEST(a_password_that_the_server_does_not_have_is_refused) {
  RedisProcess redis;
  LinkFixture f(redis.url(), "secret");
  expect(f.problem(), {"refuses AUTH", "without any password configured", "requirepass"});
}

TEST(a_password_file_that_cannot_be_read_is_told) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.password_problem = "redis-password-file /x is missing";
  CHECK_EQ(f.problem(), "redis-password-file /x is missing");
  f.password_problem.clear();
  f.until_up();
}

TEST(a_user_without_rights_is_refused_with_the_command_and_the_remedy) {
  RedisProcess redis("user node on >secret ~* &* +@all -info");
  LinkFixture f(redis.url() + "?user=node", "secret");
  expect(f.problem(), {"refuses INFO", "NOPERM", "ACL SETUSER"});
}

TEST(a_user_who_may_not_ping_is_refused_before_the_server_is_used) {
  RedisProcess redis("user node on >secret ~* &* +@all -ping");
  LinkFixture f(redis.url() + "?user=node", "secret");
  f.until([&] { return f.link->failures() == 4; });
  expect(f.link->problem(), {"refuses PING", "NOPERM", "ACL SETUSER"});
  CHECK_EQ(f.reports.size(), 1u);
  CHECK_EQ(f.ups, 0);
}

TEST(a_user_who_may_not_ping_any_more_is_told_so_once) {
  RedisProcess redis("user node on >secret ~* &* +@all");
  LinkFixture f(redis.url() + "?user=node", "secret");
  f.until_up();
  f.until([&] { return !f.reports.empty(); });
  redis.ask({"ACL", "SETUSER", "node", "-ping"});
  f.until([&] { return f.link->failures() == 4; });
  expect(f.link->problem(), {"refuses PING", "NOPERM", "ACL SETUSER"});
  CHECK_EQ(f.reports.size(), 2u);
  CHECK_EQ(f.ups, 1);
}

TEST(a_user_without_channels_is_told_so_once) {
  RedisProcess redis("user node on >secret ~* resetchannels +@all");
  LinkFixture f(redis.url() + "?user=node", "secret");
  f.on_up = [&] { f.link->subscribe({"a"}); };
  f.until([&] { return f.downs == 3; });
  expect(f.down_reason, {"refuses SUBSCRIBE", "NOPERM", "ACL SETUSER"});
  CHECK_EQ(f.confirmed, 0u);
  CHECK_EQ(f.reports.size(), 3u);
}

TEST(a_database_that_is_not_there_is_refused) {
  RedisProcess redis("databases 2");
  LinkFixture f(redis.url() + "?db=2");
  expect(f.problem(), {"refuses SELECT", "out of range", "databases"});
}

TEST(a_replica_is_refused_and_names_its_master) {
  RedisProcess master;
  RedisProcess redis("replicaof 127.0.0.1 1");
  LinkFixture f(redis.url());
  expect(f.problem(), {"is a replica", "127.0.0.1:1", "redis+sentinel://"});
  redis.ask({"REPLICAOF", "NO", "ONE"});
  f.until_up();
}

TEST(a_server_that_becomes_a_replica_brings_the_link_down) {
  RedisProcess redis;
  LinkFixture f(redis.url());
  f.until_up();
  redis.ask({"CONFIG", "SET", "replica-serve-stale-data", "yes"});
  redis.ask({"REPLICAOF", "127.0.0.1", "1"});
  RedisReply reply;
  f.link->command({"SET", "key", "x"}, [&](const RedisReply& got, Time) {
    reply = got;
    CHECK_EQ(f.downs, 0);
  });
  f.until([&] { return f.downs == 1; });
  CHECK(reply.is_error());
  expect(f.down_reason, {"READONLY"});
  expect(f.link->problem(), {"READONLY"});
  f.until([&] { return f.link->problem().find("is a replica") != std::string::npos; });
  redis.ask({"REPLICAOF", "NO", "ONE"});
  f.until_up();
}

TEST(a_promoted_replica_is_known_as_one) {
  std::string port = std::to_string(unit::free_port());
  RedisProcess master("port " + port);
  RedisProcess redis("replicaof 127.0.0.1 " + port + "\nrepl-diskless-sync-delay 0");
  LinkFixture f(redis.url());
  expect(f.problem(), {"is a replica"});
  f.until([&] { return redis.ask({"INFO", "replication"}).text.find("master_link_status:up") != std::string::npos; });
  redis.ask({"REPLICAOF", "NO", "ONE"});
  f.until_up();
  CHECK(f.link->server().promoted);
}

TEST(a_server_that_loads_its_data_is_waited_for) {
  RedisProcess redis("appendonly yes\nenable-debug-command yes");
  for (int i = 0; i < 4; ++i)
    redis.ask({"EVAL", "for i = 1, 1000 do redis.call('SET', ARGV[1] .. i, i) end", "0", std::to_string(i)});
  redis.kill();
  redis.add_option("key-load-delay 500");
  redis.start();
  LinkFixture f(redis.url());
  expect(f.problem(), {"loads its data", "wait"});
  f.until_up();
  CHECK_EQ(f.ask({"GET", "31000"}).text, "1000");
}

TEST(too_many_clients_is_told) {
  RedisProcess redis("maxclients 1");
  LinkFixture f(redis.url());
  expect(f.problem(), {"max number of clients", "maxclients"});
}

TEST(a_server_that_is_too_old_is_refused) {
  unit::SmallServer server(replies({bulk("redis_version:6.0.16\r\nredis_mode:standalone\r\nrun_id:a\r\n"),
                                    bulk("role:master\r\n"), bulk("loading:0\r\n")}));
  LinkFixture f(url_of(server));
  expect(f.problem(), {"6.0.16", "too old", "6.2"});
}

TEST(a_sentinel_is_no_server) {
  RedisProcess sentinel("port " + std::to_string(unit::free_port()), "redis-sentinel");
  LinkFixture f(sentinel.url());
  expect(f.problem(), {"is a Sentinel", "redis+sentinel://"});
}

TEST(a_part_of_a_cluster_is_refused) {
  std::string port = std::to_string(unit::free_port());
  RedisProcess redis("cluster-enabled yes\nport " + port + "\ncluster-port " + std::to_string(unit::free_port()));
  LinkFixture f(redis.url());
  expect(f.problem(), {"Redis Cluster", "cluster-enabled no"});
}

TEST(something_else_than_redis_is_refused) {
  unit::SmallServer server([](int connection) {
    char bytes[4096];
    (void)!recv(connection, bytes, sizeof bytes, 0);
    unit::reply(connection, "hello", "400 Bad Request");
  });
  LinkFixture f(url_of(server));
  expect(f.problem(), {"sends what cannot be read", "correct the address"});
}

TEST(a_server_that_accepts_and_says_nothing_is_given_up) {
  unit::SmallServer server([](int connection) {
    char bytes[4096];
    while (recv(connection, bytes, sizeof bytes, 0) > 0) {
    }
  });
  LinkFixture f(url_of(server), "", "", unit::kUsualPatience);
  expect(f.problem(), {"does not answer for 3 s"});
}

TEST(two_servers_behind_one_address_are_not_taken_for_one) {
  int connections = 0;
  unit::SmallServer server([&](int connection) {
    std::string id = std::to_string(connections++);
    replies({bulk("redis_version:7.0.0\r\nredis_mode:standalone\r\nrun_id:" + id + "\r\n"), bulk("role:master\r\n"),
             bulk("loading:0\r\n")})(connection);
  });
  LinkFixture f(url_of(server));
  expect(f.problem(), {"another server for each connection"});
}
