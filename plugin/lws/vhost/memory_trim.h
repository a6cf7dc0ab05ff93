#pragma once

#include <libwebsockets.h>

#include <cstdint>

#include "core/hub.h"

namespace lws_chat {

// Gives memory back to the system when clients have gone. What is freed in small pieces, as connections and rooms
// are, malloc keeps by itself.
class MemoryTrim {
 public:
  MemoryTrim(lws_context* context, const Hub& hub);
  ~MemoryTrim();
  MemoryTrim(const MemoryTrim&) = delete;
  MemoryTrim& operator=(const MemoryTrim&) = delete;

 private:
  struct Timer {
    lws_sorted_usec_list_t sul;
    MemoryTrim* owner;
  };

  static void on_timer(lws_sorted_usec_list_t* sul);
  void look();

  lws_context* context_;
  const Hub& hub_;
  Timer timer_{};
  uint64_t connections_ = 0;  // at the last look
  // When memory was last given back: bytes that stayed resident though the hub does not know of them, and connections.
  uint64_t kept_ = 0;
  uint64_t kept_for_ = 0;
  uint64_t idle_ = 0;  // bytes that were free for reuse then, or the least since
};

}  // namespace lws_chat
