// A name server that does not answer. The test makes a network of its own for it; http_caller_test has the rest.
#include "hooks/http_worker.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "support/call_loop.h"
#include "support/config_dir.h"
#include "support/small_server.h"
#include "support/unit.h"

using namespace lws_chat;

namespace {

constexpr int kSkipped = 77;
constexpr Time kShort = 300'000;  // microseconds; a lookup takes 10 s and more

bool begin_loopback() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  close(fd);
  return up;
}

// Puts this process into a network with nothing in it, and puts files of `dir` in place of the system's.
bool isolate(unit::TempDir& dir) {
  // A sanitizer may have a thread, with which there can be no new user; root needs none.
  bool apart = unshare(CLONE_NEWNS | CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) == 0;
  if (!apart || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 || !begin_loopback()) return false;
  dir.write("resolv", "nameserver 127.0.0.1\n");
  dir.write("hosts", "127.0.0.1 localhost\n");
  auto replace = [&](const char* with, const char* file) {
    return mount(dir.path(with).c_str(), file, nullptr, MS_BIND, nullptr) == 0;
  };
  return replace("resolv", "/etc/resolv.conf") && replace("hosts", "/etc/hosts");
}

int silent_name_server() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

size_t threads() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, 8, "Threads:") == 0) return std::stoul(line.substr(8));
  return 0;
}

HttpCall to(const std::string& url, Time timeout) {
  HttpCall call;
  call.url = url;
  call.timeout = timeout;
  return call;
}

void answer_hello(int connection) {
  while (!unit::read_request(connection).empty()) unit::reply(connection, "hello");
}

void call_without_names(unit::TempDir& dir) {
  int name_server = silent_name_server();
  unit::SmallServer server(answer_hello);
  auto loop = std::make_unique<unit::CallLoop>();
  std::string unknown = "http://back-end.example:" + std::to_string(server.port()) + "/";

  // Calls of names end in time, and calls of addresses do not wait for them.
  size_t late = 0;
  for (int i = 0; i < 500; ++i)
    loop->caller.call(to(unknown, kShort)).then([&](const HttpReply& reply) {
      late += reply.failure == HttpFailure::kTimeout && reply.took < 10 * kShort;
    });
  CHECK_EQ(loop->reply_to(to(server.url(), 60'000'000)).body, "hello");
  while (loop->caller.waiting() > 0) loop->turn();
  CHECK_EQ(late, 500u);
  char query[512];
  CHECK(recv(name_server, query, sizeof query, MSG_DONTWAIT) > 0);

  // Lookups that were given up still hold their threads, so there are few of them.
  for (int i = 0; i < 3; ++i) {
    for (int call = 0; call < 100; ++call) loop->caller.call(to(unknown, kShort)).then([](const HttpReply&) {});
    while (loop->caller.waiting() > 0) loop->turn();
  }
  CHECK(threads() < 64 + 16);

  // The destructor does not wait for the name server.
  loop->caller.call(to(unknown, 60'000'000)).then([](const HttpReply&) { std::abort(); });
  CHECK_EQ(loop->reply_to(to(server.url(), 60'000'000)).body, "hello");
  auto before = std::chrono::steady_clock::now();
  loop = nullptr;
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(4));

  // When the name is known, all is as before.
  dir.write("hosts", "127.0.0.1 back-end.example\n");
  unit::CallLoop again;
  CHECK_EQ(again.reply_to(to(unknown, 60'000'000)).body, "hello");
}

}  // namespace

TEST(a_dead_name_server_stops_neither_other_calls_nor_the_end) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    int code = 0;
    {
      unit::TempDir dir;
      try {
        if (isolate(dir))
          call_without_names(dir);
        else
          code = kSkipped;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        code = 1;
      }
    }
    _exit(code);
  }
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status));
  if (WEXITSTATUS(status) == kSkipped)
    std::fprintf(stderr, "SKIPPED: this system does not let the test make a network of its own\n");
  else
    CHECK_EQ(WEXITSTATUS(status), 0);
}
