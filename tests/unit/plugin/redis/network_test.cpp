// Networks that lose, swallow and refuse, and names that nobody knows.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "redis/server_link.h"
#include "support/free_port.h"
#include "support/link_fixture.h"
#include "support/lonely_network.h"
#include "support/redis_process.h"
#include "support/small_server.h"

using namespace lws_chat;
using unit::LinkFixture;
using unit::RedisProcess;

namespace {

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

size_t threads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, 8, "Threads:") == 0) return std::stoul(line.substr(8));
  return 0;
}

std::string tcp(int port) { return "redis://127.0.0.1:" + std::to_string(port); }

// Passes bytes between clients and a server, or swallows them.
class Proxy {
 public:
  explicit Proxy(const RedisProcess& redis)
      : server_([this, path = redis.socket_path()](int client) { serve(client, path); }) {}

  std::string url() const { return tcp(server_.port()); }

  std::atomic<bool> swallows{false};
  std::atomic<bool> is_slow{false};

 private:
  void serve(int client, const std::string& path) {
    RedisAddress address;
    address.path = path;
    auto place = *numeric_address(address);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(server, reinterpret_cast<const sockaddr*>(&place.bytes), place.size) == 0) pass(client, server);
    close(server);
  }

  void pass(int client, int server) {
    for (;;) {
      pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      poll(ends, 2, -1);
      if (ends[0].revents && !move(client, server)) return;
      if (ends[1].revents && !move(server, client)) return;
    }
  }

  bool move(int from, int to) {
    char bytes[65536];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    if (is_slow) usleep(30'000);
    if (!swallows) unit::write_all(to, std::string(bytes, static_cast<size_t>(got)));
    return true;
  }

  unit::SmallServer server_;
};

// A server whose queue of connections is full, so that the system drops further ones.
class FullServer {
 public:
  FullServer() : listening_(unit::bound_socket(port_)) {
    CHECK_EQ(listen(listening_, 0), 0);
    for (int& waiting : waiting_) waiting = connect_to_it();
    pollfd watched{waiting_[0], POLLOUT, 0};
    CHECK_EQ(poll(&watched, 1, 60'000), 1);
  }
  ~FullServer() {
    close(listening_);
    for (int waiting : waiting_) close(waiting);
  }
  FullServer(const FullServer&) = delete;
  FullServer& operator=(const FullServer&) = delete;

  int port() const { return port_; }

 private:
  int connect_to_it() const {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)!connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    return fd;
  }

  int port_ = 0;
  int listening_;
  int waiting_[8] = {};
};

}  // namespace

TEST(a_server_is_found_by_number_and_by_name) {
  int port = unit::free_port();
  RedisProcess redis("port " + std::to_string(port));
  for (const char* host : {"127.0.0.1", "localhost"}) {
    LinkFixture f("redis://" + std::string(host) + ":" + std::to_string(port));
    f.until_up();
    CHECK_EQ(f.ask({"PING"}).text, "PONG");
  }
}

TEST(a_server_that_does_not_run_is_told_with_its_address_and_comes_later) {
  int port = unit::free_port();
  LinkFixture f(tcp(port));
  std::string problem = f.problem();
  CHECK(says(problem, "127.0.0.1:" + std::to_string(port)));
  CHECK(says(problem, "Connection refused"));
  CHECK_EQ(f.events, "");
  RedisProcess redis("port " + std::to_string(port));
  f.until_up();
}

TEST(a_network_that_swallows_everything_is_noticed) {
  RedisProcess redis;
  Proxy proxy(redis);
  LinkFixture f(proxy.url(), "", "", unit::kUsualPatience);
  f.until_up();
  f.link->subscribe({"a"});
  f.until([&] { return f.confirmed == 1; });
  proxy.swallows = true;
  f.until_down();
  CHECK(says(f.down_reason, "does not answer for 3 s"));
  proxy.swallows = false;
  f.until_up();
  CHECK_EQ(f.ask({"PING"}).text, "PONG");
}

TEST(a_slow_network_is_not_taken_for_a_dead_one) {
  RedisProcess redis;
  Proxy proxy(redis);
  LinkFixture f(proxy.url(), "", "", unit::kUsualPatience);
  f.until_up();
  proxy.is_slow = true;  // 2 MB a second, so that the server has the command after 10 s
  CHECK_EQ(f.ask({"SET", "key", std::string(20'000'000, 'x')}).text, "OK");
  CHECK_EQ(f.downs, 0);
}

TEST(a_connection_that_never_completes_is_given_up) {
  FullServer server;
  LinkFixture f(tcp(server.port()), "", "", unit::kUsualPatience);
  CHECK(says(f.problem(), "no connection in 2 s"));
  f.until([&] { return f.reports.size() == 1; });
}

TEST(a_link_may_end_while_it_connects) {
  FullServer server;
  LinkFixture f(tcp(server.port()));
  f.turn();
  bool answered = false;
  f.link->command({"PING"}, [&](const RedisReply&, Time) { answered = true; });
  f.link = nullptr;
  f.poller.run(f.now());
  CHECK(!answered);
}

TEST(a_name_that_is_unknown_is_told) {
  unit::in_lonely_network([](unit::TempDir&) {
    LinkFixture f("redis://redis.example");
    std::string problem = f.problem();
    CHECK(says(problem, "redis.example:6379 is not found"));
    CHECK(says(problem, "use its number"));
  });
}

TEST(a_dead_name_server_stops_nothing_else) {
  unit::in_lonely_network([](unit::TempDir& folder) {
    int name_server = unit::silent_name_server();
    int port = unit::free_port();
    RedisProcess redis("port " + std::to_string(port));
    LinkFixture f("redis://redis.example:" + std::to_string(port), "", "", unit::kUsualPatience);
    LinkFixture by_number(tcp(port));
    f.turn();
    by_number.until_up();
    char query[512];
    CHECK(recv(name_server, query, sizeof query, 0) > 0);
    CHECK(says(f.problem(), "no name server answers"));
    CHECK_EQ(by_number.ask({"PING"}).text, "PONG");

    // Threads that wait are few, however often the link tries.
    f.until([&] { return f.now() > 0 && says(f.link->problem(), "failure in name resolution"); });
    CHECK(threads() < 8);

    // When the name is known, all is well. A link that ends does not wait for the name server.
    {
      LinkFixture other("redis://other.example");
      other.turn();
    }
    folder.write("hosts", "127.0.0.1 localhost redis.example\n");
    f.until_up();
    close(name_server);
  });
}
