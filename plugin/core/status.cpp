#include "core/status.h"

#include <array>

namespace lws_chat {

const StatusRow& describe(Status status) {
  static constexpr std::array<StatusRow, kStatusCount> table = {{
      {0, 0, 0, "ok"},
      {1000, 0, 4500, "closed on request"},
      {1001, 503, 3001, "server is shutting down"},
      {1003, 0, 3506, "binary messages are not accepted here"},
      {1007, 0, 3501, "text is not valid UTF-8"},
      {1009, 0, 1009, "message is too big"},
      {1011, 0, 3004, "internal error"},
      {3008, 0, 3008, "too slow"},
      {3008, 0, 3008, "too slow, what was to be replayed is no longer there"},
      {1000, 0, 3503, "replaced by another connection of the same client"},
      {1002, 0, 3502, "did not connect in time"},
      {1002, 0, 3501, "bad request"},
      {1008, 0, 3013, "too many messages"},
      {0, 0, 0, "no answer to a ping"},
      {0, 404, 0, "no chat at this path"},
      {0, 426, 0, "only version 13 of the WebSocket protocol is spoken here"},
      {0, 403, 0, "origin not allowed"},
      {0, 503, 0, "the options of this vhost are wrong, the server's log says which"},
      {0, 503, 0, "too many clients"},
      {1013, 503, 0, "too many rooms"},
      {0, 429, 0, "too many connections from this address"},
  }};
  return table[static_cast<unsigned>(status)];
}

}  // namespace lws_chat
