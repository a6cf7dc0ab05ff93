#include "lws/peer_address.h"

#include <arpa/inet.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "lws/header.h"

namespace lws_chat {

PeerAddress::PeerAddress(struct lws* wsi) {
  char name[64] = "";
  lws_get_peer_simple(wsi, name, sizeof name);
  known_ = read_address(name, address_);
}

PeerAddress::PeerAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return;
  if (storage.ss_family == AF_INET) {
    address_ = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::memcpy(&address_[12], &reinterpret_cast<sockaddr_in*>(&storage)->sin_addr, 4);
  } else if (storage.ss_family == AF_INET6) {
    std::memcpy(address_.data(), &reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr, 16);
  } else {
    return;
  }
  known_ = true;
}

PeerAddress::PeerAddress(struct lws* wsi, const std::vector<AddressRange>& proxies) : PeerAddress(wsi) {
  if (is_in(proxies)) address_ = client_behind(proxies, address_, header(wsi, WSI_TOKEN_X_FORWARDED_FOR));
}

std::string PeerAddress::text() const {
  if (!known_) return "unknown address";
  constexpr Address kV4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  char name[INET6_ADDRSTRLEN];
  if (std::equal(kV4.begin(), kV4.begin() + 12, address_.begin()))
    inet_ntop(AF_INET, &address_[12], name, sizeof name);
  else
    inet_ntop(AF_INET6, address_.data(), name, sizeof name);
  return name;
}

}  // namespace lws_chat
