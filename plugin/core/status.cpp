#include "core/status.h"

#include <array>

namespace lws_chat {

const StatusRow& describe(Status status) {
  static constexpr std::array<StatusRow, kStatusCount> table = {{
      {0, 0, 0, "ok", "ok"},
      {1000, 0, 4500, "on_request", "closed on request"},
      {1001, 503, 3001, "going_away", "server is shutting down"},
      {1012, 503, 3001, "restarting", "server is restarting"},
      {1003, 0, 3506, "unsupported_data", "binary messages are not accepted here"},
      {1007, 0, 3501, "invalid_text", "text is not valid UTF-8"},
      {1009, 0, 1009, "message_too_big", "message is too big"},
      {1011, 0, 3004, "internal_error", "internal error"},
      {3008, 0, 3008, "slow", "too slow"},
      {3008, 0, 3008, "replay_lost", "too slow, what was to be replayed is no longer there"},
      {1000, 0, 3503, "replaced", "replaced by another connection of the same client"},
      {3503, 0, 3503, "forced", "force disconnect"},
      {0, 0, 0, "unsubscribed", "unsubscribed by the server"},
      {1002, 0, 3502, "stale", "did not connect in time"},
      {1002, 0, 3501, "bad_request", "bad request"},
      {1008, 0, 3013, "too_fast", "too many messages"},
      {0, 0, 0, "no_pong", "no answer to a ping"},
      {0, 404, 0, "not_found", "no chat at this path"},
      {0, 426, 0, "other_version", "only version 13 of the WebSocket protocol is spoken here"},
      {0, 400, 0, "bad_upgrade", "bad WebSocket handshake"},
      {0, 400, 0, "other_subprotocol", "none of the subprotocols is spoken here, ask for lws-chat or for none"},
      {0, 400, 0, "protobuf", "protobuf is not served yet, only JSON: use an SDK that can be set to JSON"},
      {0, 405, 0, "bad_method", "method not allowed"},
      {0, 421, 0, "foreign_host", "this server has another name, see the option server-names"},
      {0, 403, 0, "foreign_origin", "origin not allowed"},
      {0, 503, 0, "misconfigured", "the options of this vhost are wrong, the server's log says which"},
      {0, 503, 0, "full", "too many clients"},
      {0, 503, 0, "too_many_waiting", "too many connections that have asked for nothing"},
      {1013, 503, 0, "too_many_rooms", "too many rooms"},
      {0, 429, 0, "too_many_joins", "too many connections from this address"},
      {1008, 0, 3012, "unfinished", "a message was not completed in time"},
      {3503, 403, 3503, "not_permitted", "permission denied"},
      {1013, 503, 3004, "unavailable", "temporarily not available, try again later"},
      {3010, 0, 3010, "gap", "messages were missed, connect again"},
      {1013, 0, 3013, "no_memory", "clients hold too much memory, try again later"},
  }};
  return table[static_cast<unsigned>(status)];
}

}  // namespace lws_chat
