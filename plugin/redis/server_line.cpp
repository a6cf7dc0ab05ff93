#include "redis/server_line.h"

#include "redis/refusal.h"

namespace lws_chat {
namespace {

constexpr Time kAgain = 1'000'000;

}  // namespace

void ServerLine::up() {
  again_ = kNever;
  std::string fresh = parts_.fresh_epoch();
  run_begin(link_, lineage(), fresh, [this](const RedisReply& reply, Time now) {
    if (reply.is_lost()) return;
    if (reply.is_text()) {
      line_ = reply.text;
      return parts_.trouble.done("EVALSHA (begin)");
    }
    again_ = now + kAgain;
    ++parts_.counters.errors;
    parts_.trouble.refused("EVALSHA (begin)", reply.is_error() ? reply.text : kForeignKeys);
  });
}

void ServerLine::tick(Time now) {
  if (now < again_) return;
  again_ = kNever;
  if (link_.is_up() && !is_known()) up();
}

// A server that has an append-only file goes on after a restart with what it had. One that was a replica before may
// lack the last messages.
Lineage ServerLine::lineage() const {
  const RedisLink::Server& server = link_.server();
  return {parts_.keys.lineage(), line_, server.run_id, server.address, server.keeps_log && !server.promoted};
}

}  // namespace lws_chat
