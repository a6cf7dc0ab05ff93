#pragma once

#include <libwebsockets.h>

#include "config/options.h"
#include "core/liveness.h"
#include "lws/timer.h"

namespace lws_chat {

class Connection;

// Finds peers of a vhost that are gone without having said so. Each connection is in one of three lists.
class PeerWatch {
 public:
  PeerWatch(lws_context* context, const Options& options);
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  // The peer has given a sign of life. After ping-interval of silence the connection is pinged; after pong-timeout more
  // it is dropped.
  void heard(Connection& connection);

  // The connection does not count as a client before it says something. It does so within pong-timeout, or is closed as
  // stale.
  void await(Connection& connection);

  // The peer never says anything. The connection's ping() is called in two seconds.
  void look_after(Connection& connection);

  // Watches the connection no longer.
  void stop(Connection& connection);

 private:
  Liveness& list_of(const Connection& connection);
  void put(Connection& connection, Liveness& list);
  void check();
  void schedule();

  Liveness alive_;
  Liveness awaited_;  // clients that have not said who they are
  Liveness readers_;  // readers, which never say anything
  Timer timer_;
  Time due_ = -1;
};

}  // namespace lws_chat
