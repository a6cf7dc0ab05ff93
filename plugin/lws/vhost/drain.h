#pragma once

#include <libwebsockets.h>

#include <cstddef>

#include "core/log/message.h"
#include "lws/timer.h"

namespace lws_chat {

class ConnectionList;

// Sends the clients of a vhost away when the server ends. Each gets what its rooms hold for it, then the close. All go
// at once, or evenly spread over a time (drain-seconds).
class Drain {
 public:
  Drain(lws_context* context, ConnectionList& connections, Time duration);

  // A second call changes nothing.
  void begin();
  bool begun() const { return begun_; }

 private:
  void drain_some();

  ConnectionList& connections_;
  Time duration_;
  Timer timer_;
  size_t steps_left_ = 0;
  bool begun_ = false;
};

}  // namespace lws_chat
