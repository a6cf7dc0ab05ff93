#include "support/free_port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>

namespace unit {
namespace {

constexpr int kLowest = 10240;
constexpr int kHighest = 65535;
constexpr int kBlock = 64;

// Takes a block of ports for as long as this process lives, if no other test program has it.
bool hold(int first) {
  std::string name = "lws-chat-test-ports-" + std::to_string(first);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof address.sun_path - 1);  // an abstract name, which disappears with the process
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  close(fd);
  return false;
}

int take_block() {
  int first_ephemeral = 0;
  int last_ephemeral = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_ephemeral >> last_ephemeral;
  constexpr int kBlocks = (kHighest + 1 - kLowest) / kBlock;
  for (int i = 0; i < kBlocks; ++i) {
    int first = kLowest + (getpid() * 7 + i) % kBlocks * kBlock;
    bool apart = first + kBlock <= first_ephemeral || first > last_ephemeral;
    if (apart && hold(first)) return first;
  }
  throw std::runtime_error("other test programs hold all blocks of ports");
}

bool can_listen(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  bool free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0;
  close(fd);
  return free;
}

}  // namespace

int free_port() {
  static int next = 0;
  for (;;) {
    if (next % kBlock == 0) next = take_block();
    int port = next++;
    if (can_listen(port)) return port;
  }
}

}  // namespace unit
