#pragma once

#include <libwebsockets.h>

#include "config/options.h"
#include "core/liveness.h"
#include "lws/timer.h"

namespace lws_chat {

class Connection;

// Finds out which peers of a vhost are gone without having said so. Each connection is in one of three lists.
class PeerWatch {
 public:
  PeerWatch(lws_context* context, const Options& options);
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  // A sign of life: after ping-interval of silence the connection is pinged, and killed after pong-timeout more.
  void heard(Connection& connection);

  // It has to say something before it counts as a client: within pong-timeout it is heard, or closed as stale.
  void await(Connection& connection);

  // It will never say anything: its ping() is called in two seconds.
  void look_after(Connection& connection);

  // There is nothing more to watch.
  void stop(Connection& connection);

 private:
  Liveness& list_of(const Connection& connection);
  void put(Connection& connection, Liveness& list);
  void check();
  void schedule();

  Liveness alive_;
  Liveness awaited_;  // have not said who they are
  Liveness readers_;  // never say anything
  Timer timer_;
  Time due_ = -1;
};

}  // namespace lws_chat
