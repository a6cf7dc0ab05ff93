#include "core/status.h"

#include <array>

namespace lws_chat {

const StatusRow& describe(Status status) {
  static constexpr std::array<StatusRow, kStatusCount> table = {{
      {0, 0, "ok"},
      {1000, 0, ""},
      {1001, 0, "server is shutting down"},
      {1003, 0, "binary messages are not accepted here"},
      {1007, 0, "text is not valid UTF-8"},
      {1009, 0, "message is too big"},
      {1011, 0, "internal error"},
      {3008, 0, "too slow"},
      {3008, 0, "too slow, what was to be replayed is no longer there"},
      {1008, 0, "too many messages"},
      {0, 0, "no answer to a ping"},
      {0, 404, "no chat at this path"},
      {0, 426, "only version 13 of the WebSocket protocol is spoken here"},
      {0, 403, "origin not allowed"},
      {0, 503, "too many clients"},
      {1013, 503, "too many rooms"},
      {0, 429, "too many connections from this address"},
  }};
  return table[static_cast<unsigned>(status)];
}

}  // namespace lws_chat
