#pragma once

#include <string>

#include "access/address_range.h"
#include "core/room/room_shares.h"

struct lws;
struct sockaddr_storage;

namespace lws_chat {

// Reads the address of one end of a connection. Returns false if it has none, as a Unix socket.
[[nodiscard]] bool socket_address(const sockaddr_storage& end, Address& address);

// The address of a connection's peer. It is small because every connection has one.
class PeerAddress {
 public:
  explicit PeerAddress(struct lws* wsi);
  explicit PeerAddress(int fd);

  // The address of the client, which may be behind one of these proxies. If the proxy does not name it, the client is
  // in no range, and shares the proxy's address where clients are limited. To be made while lws has the request's
  // headers.
  PeerAddress(struct lws* wsi, const std::vector<AddressRange>& proxies);

  // "192.0.2.1" or "2001:db8::1". It is "unknown address" for a Unix socket, for a peer that is already gone, and for a
  // client that its proxy does not name.
  std::string text() const;

  // nullptr if the text is "unknown address".
  const Address* address() const { return named() ? &address_ : nullptr; }

  bool operator==(const PeerAddress& other) const {
    return address_ == other.address_ && known_ == other.known_ && nameless_ == other.nameless_;
  }

  // A number for the address; all addresses of a /64 of IPv6 share it. kNobody if the address is not known.
  Origin origin() const;

  // Returns true if one of the ranges has the address.
  bool is_in(const std::vector<AddressRange>& ranges) const { return named() && has(ranges, address_); }

 private:
  bool is_ipv4() const;
  bool named() const { return known_ && !nameless_; }

  Address address_{};
  bool known_ = false;
  bool nameless_ = false;  // the address is that of a proxy; its client is not known
};

}  // namespace lws_chat
