#include "redis/server_line.h"

namespace lws_chat {

void ServerLine::up() {
  std::string fresh = parts_.fresh_epoch();
  run_begin(link_, lineage(), fresh, [this](const RedisReply& reply, Time) {
    if (reply.is_text()) line_ = reply.text;
    if (!reply.is_error()) return;
    ++parts_.counters.errors;
    parts_.report("EVALSHA (begin)", reply.text);
  });
}

// A server that has an append-only file goes on after a restart with what it had. One that was a replica before may
// lack the last messages.
Lineage ServerLine::lineage() const {
  const RedisLink::Server& server = link_.server();
  return {parts_.keys.lineage(), line_, server.run_id, server.address, server.keeps_log && !server.promoted};
}

}  // namespace lws_chat
