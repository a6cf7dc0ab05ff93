#pragma once

#include "core/log/message.h"

namespace lws_chat {

// Calls Hub::flush() in time.
class Waker {
 public:
  // The hub has something to do at `due`, which is earlier than it said before. Must not call the hub.
  virtual void wake(Time due) = 0;

 protected:
  ~Waker() = default;
};

}  // namespace lws_chat
