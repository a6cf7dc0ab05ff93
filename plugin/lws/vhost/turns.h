#pragma once

#include <libwebsockets.h>

#include <unordered_set>

namespace lws_chat {

class Connection;

// Connections that wait until lws has looked at all sockets once more. A timer cannot tell that moment: while timers
// are due lws looks at no socket.
class Turns {
 public:
  explicit Turns(lws_context* context) : context_(context) {}

  // Calls the connection's turned() once. The connection has to be cancelled before it ends.
  void await(Connection& connection);
  void cancel(Connection& connection) { waiting_.erase(&connection); }

  // For EVENT_WAIT_CANCELLED, which await() asks for.
  void end();

 private:
  lws_context* context_;
  std::unordered_set<Connection*> waiting_;
};

}  // namespace lws_chat
