#pragma once

#include <libwebsockets.h>

#include <cstdint>

#include "core/hub.h"
#include "lws/timer.h"

namespace lws_chat {

// Gives memory back to the system when clients have gone. What is freed in small pieces, as connections and rooms
// are, malloc keeps by itself.
class MemoryTrim {
 public:
  MemoryTrim(lws_context* context, const Hub& hub);

 private:
  void look();

  const Hub& hub_;
  Timer timer_;
  uint64_t connections_ = 0;  // at the last look
  // When memory was last given back: bytes that stayed resident though the hub does not know of them, and connections.
  uint64_t kept_ = 0;
  uint64_t kept_for_ = 0;
  uint64_t idle_ = 0;  // bytes that were free for reuse then, or the least since
};

}  // namespace lws_chat
