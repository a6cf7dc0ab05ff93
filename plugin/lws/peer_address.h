#pragma once

#include <netinet/in.h>

#include <string>

struct lws;

namespace lws_chat {

// The address of a connection's peer, kept small because every connection has one.
class PeerAddress {
 public:
  explicit PeerAddress(struct lws* wsi);

  // "192.0.2.1", "2001:db8::1", or "unknown address" for a Unix socket and a peer that is already gone.
  std::string text() const;

 private:
  in6_addr address_{};
  bool known_ = false;
};

}  // namespace lws_chat
