#include "lws/vhost/locality.h"

#include <libwebsockets.h>
#include <sys/socket.h>

#include "lws/http/header.h"
#include "lws/vhost/peer_address.h"

namespace lws_chat {
namespace {

// The end of a connection that `get` (getpeername, getsockname) gives.
template <typename Get>
sockaddr_storage end_of(int fd, Get&& get) {
  sockaddr_storage end{};
  socklen_t size = sizeof end;
  if (get(fd, reinterpret_cast<sockaddr*>(&end), &size) != 0) end.ss_family = AF_UNSPEC;
  return end;
}

}  // namespace

Locality locality_of(lws* wsi, const std::vector<AddressRange>& trusted_proxies) {
  int fd = lws_get_socket_fd(lws_get_network_wsi(wsi));
  sockaddr_storage peer = end_of(fd, getpeername);
  Address from{}, to{};
  bool has_addresses = socket_address(peer, from) && socket_address(end_of(fd, getsockname), to);
  auto is_here = [&to](const Address& address) { return is_loopback(address) || address == to; };
  if (peer.ss_family != AF_UNIX && !(has_addresses && is_here(from))) return Locality::kElsewhere;
  if (!has_addresses || !has(trusted_proxies, from))
    return was_forwarded(wsi) ? Locality::kBehindStranger : Locality::kThisMachine;
  PeerAddress client(wsi, trusted_proxies);
  return client.address() && is_here(*client.address()) ? Locality::kThisMachine : Locality::kElsewhere;
}

}  // namespace lws_chat
