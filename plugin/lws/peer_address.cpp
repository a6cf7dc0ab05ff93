#include "lws/peer_address.h"

#include <arpa/inet.h>
#include <libwebsockets.h>

#include <algorithm>

#include "lws/header.h"

namespace lws_chat {

PeerAddress::PeerAddress(struct lws* wsi) {
  char name[64] = "";
  lws_get_peer_simple(wsi, name, sizeof name);
  known_ = read_address(name, address_);
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
