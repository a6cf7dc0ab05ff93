#include "support/lonely_network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "support/unit.h"

namespace unit {
namespace {

constexpr int kSkipped = 77;

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
bool isolate(TempDir& dir) {
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

int run_isolated(const std::function<void(TempDir&)>& body) {
  TempDir dir;
  try {
    if (!isolate(dir)) return kSkipped;
    body(dir);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace

int silent_name_server() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

void in_lonely_network(const std::function<void(TempDir&)>& body) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) _exit(run_isolated(body));
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status));
  if (WEXITSTATUS(status) == kSkipped)
    std::fprintf(stderr, "SKIPPED: this system does not let the test make a network of its own\n");
  else
    CHECK_EQ(WEXITSTATUS(status), 0);
}

}  // namespace unit
