#pragma once

#include <string>

#include "access/address_range.h"
#include "core/room/room_shares.h"

struct lws;

namespace lws_chat {

// The address of a connection's peer, kept small because every connection has one.
class PeerAddress {
 public:
  explicit PeerAddress(struct lws* wsi);
  explicit PeerAddress(int fd);

  // Whom the peer speaks for, if it is one of these proxies. If it does not say so the client is in no range, and
  // shares the proxy's address where clients are limited. To be asked while the request's headers are there.
  PeerAddress(struct lws* wsi, const std::vector<AddressRange>& proxies);

  // "192.0.2.1", "2001:db8::1", or "unknown address" for a Unix socket, a peer that is already gone, and a client that
  // its proxy does not name.
  std::string text() const;

  // nullptr where the text is "unknown address".
  const Address* address() const { return named() ? &address_ : nullptr; }

  bool operator==(const PeerAddress& other) const {
    return address_ == other.address_ && known_ == other.known_ && nameless_ == other.nameless_;
  }

  // Peers that share an address: all of an IPv4 address, all of a /64 of IPv6. kNobody if it is not known.
  Origin origin() const;

  // Whether it is one of these.
  bool is_in(const std::vector<AddressRange>& ranges) const { return named() && has(ranges, address_); }

 private:
  bool is_ipv4() const;
  bool named() const { return known_ && !nameless_; }

  Address address_{};
  bool known_ = false;
  bool nameless_ = false;  // the address is that of a proxy that does not name its client
};

}  // namespace lws_chat
