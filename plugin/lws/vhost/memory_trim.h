#pragma once

#include <libwebsockets.h>

#include <cstdint>

#include "core/hub.h"
#include "lws/timer.h"

namespace lws_chat {

// Gives memory back to the system when clients have gone. malloc itself keeps what is freed in small pieces, such as
// connections and rooms.
class MemoryTrim {
 public:
  MemoryTrim(lws_context* context, const Hub& hub);

 private:
  void look();

  const Hub& hub_;
  Timer timer_;
  uint64_t connections_ = 0;  // number of connections at the last look
  // Values when memory was last given back: resident bytes that the hub does not know of, and connections.
  uint64_t kept_ = 0;
  uint64_t kept_for_ = 0;
  uint64_t idle_ = 0;  // bytes free for reuse then, or the least since
};

}  // namespace lws_chat
