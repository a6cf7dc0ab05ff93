#include "redis/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace lws_chat {
namespace {

// The bytes of any kind of address as a SocketAddress.
template <typename Kind>
SocketAddress copied(const Kind& address) {
  static_assert(sizeof address <= sizeof(sockaddr_storage));
  SocketAddress copy;
  std::memcpy(&copy.bytes, &address, sizeof address);
  copy.size = sizeof address;
  return copy;
}

SocketAddress unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return copied(address);
}

}  // namespace

std::optional<SocketAddress> numeric_address(const RedisAddress& address) {
  if (address.host.empty()) return unix_address(address.path);
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &four.sin_addr) == 1) return copied(four);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(address.port);
  if (inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr) == 1) return copied(six);
  return std::nullopt;
}

std::string find_addresses(const std::string& host, std::vector<SocketAddress>& found) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error == EAI_SYSTEM) return std::strerror(errno);
  if (error != 0) return gai_strerror(error);
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, freeaddrinfo);
  for (const addrinfo* one = list; one; one = one->ai_next) {
    if (one->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress address;
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
    found.push_back(address);
  }
  return found.empty() ? "there is no address" : "";
}

void set_port(SocketAddress& address, uint16_t port) {
  if (address.bytes.ss_family == AF_INET) reinterpret_cast<sockaddr_in&>(address.bytes).sin_port = htons(port);
  if (address.bytes.ss_family == AF_INET6) reinterpret_cast<sockaddr_in6&>(address.bytes).sin6_port = htons(port);
}

}  // namespace lws_chat
