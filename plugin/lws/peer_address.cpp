#include "lws/peer_address.h"

#include <arpa/inet.h>
#include <libwebsockets.h>

#include <cstring>

namespace lws_chat {

PeerAddress::PeerAddress(struct lws* wsi) {
  char name[64] = "";
  lws_get_peer_simple(wsi, name, sizeof name);
  if (inet_pton(AF_INET6, name, &address_) == 1) {
    known_ = true;
    return;
  }
  in_addr v4;
  if (inet_pton(AF_INET, name, &v4) != 1) return;
  // RFC 4291 section 2.5.5.2: an IPv4 address as IPv6.
  address_.s6_addr[10] = address_.s6_addr[11] = 0xff;
  std::memcpy(&address_.s6_addr[12], &v4, sizeof v4);
  known_ = true;
}

std::string PeerAddress::text() const {
  if (!known_) return "unknown address";
  char name[INET6_ADDRSTRLEN];
  if (IN6_IS_ADDR_V4MAPPED(&address_))
    inet_ntop(AF_INET, &address_.s6_addr[12], name, sizeof name);
  else
    inet_ntop(AF_INET6, &address_, name, sizeof name);
  return name;
}

}  // namespace lws_chat
