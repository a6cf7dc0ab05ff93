#include "lws/vhost/peer_address.h"

#include <arpa/inet.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "lws/http/header.h"

namespace lws_chat {

bool socket_address(const sockaddr_storage& end, Address& address) {
  if (end.ss_family == AF_INET) {
    address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::memcpy(&address[12], &reinterpret_cast<const sockaddr_in*>(&end)->sin_addr, 4);
  } else if (end.ss_family == AF_INET6) {
    std::memcpy(address.data(), &reinterpret_cast<const sockaddr_in6*>(&end)->sin6_addr, 16);
  } else {
    return false;
  }
  return true;
}

PeerAddress::PeerAddress(struct lws* wsi) {
  char name[64] = "";
  lws_get_peer_simple(wsi, name, sizeof name);
  known_ = read_address(name, address_);
}

PeerAddress::PeerAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return;
  known_ = socket_address(storage, address_);
}

PeerAddress::PeerAddress(struct lws* wsi, const std::vector<AddressRange>& proxies) : PeerAddress(wsi) {
  if (!is_in(proxies)) return;
  Address client{};
  nameless_ = !client_behind(proxies, address_, header(wsi, WSI_TOKEN_X_FORWARDED_FOR), client);
  if (!nameless_) address_ = client;
}

// RFC 4291 section 2.5.5.2.
bool PeerAddress::is_ipv4() const {
  constexpr Address kV4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kV4.begin(), kV4.begin() + 12, address_.begin());
}

// An IPv4 address written as IPv6 is told by its second half, any other by its first. That of ::1 would be 0, which
// means nobody.
Origin PeerAddress::origin() const {
  if (!known_) return kNobody;
  Origin origin = 0;
  for (size_t i = 0; i < 8; ++i) origin = origin << 8 | address_[i + (is_ipv4() ? 8 : 0)];
  return origin == kNobody ? 1 : origin;
}

std::string PeerAddress::text() const {
  if (!named()) return "unknown address";
  char name[INET6_ADDRSTRLEN];
  if (is_ipv4())
    inet_ntop(AF_INET, &address_[12], name, sizeof name);
  else
    inet_ntop(AF_INET6, address_.data(), name, sizeof name);
  return name;
}

}  // namespace lws_chat
