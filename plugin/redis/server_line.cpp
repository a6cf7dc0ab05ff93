#include "redis/server_line.h"

#include <string>

#include "redis/refusal.h"

namespace lws_chat {
namespace {

constexpr Time kAgain = 1'000'000;

}  // namespace

void ServerLine::up(Time now) {
  look_at_ = now + kLookAgain;
  again_ = kNever;
  std::string fresh = parts_.fresh_epoch();
  run_begin(link_, lineage(), fresh, [this](const RedisReply& reply, Time then) {
    if (reply.is_lost()) return;
    if (reply.is_text()) {
      parts_.trouble.done("EVALSHA (begin)");
      return was_seen(reply.text, then);
    }
    again_ = then + kAgain;
    ++parts_.counters.errors;
    parts_.trouble.refused("EVALSHA (begin)", reply.is_error() ? reply.text : kForeignKeys);
  });
}

void ServerLine::down() {
  line_.clear();
  look_at_ = again_ = kNever;
}

void ServerLine::was_seen(std::string_view line, Time now) {
  bool other = !last_.empty() && last_ != line;
  last_ = line_ = line;
  if (other) changed(now);
}

void ServerLine::tick(Time now) {
  if (again_ <= now) return up(now);
  if (look_at_ > now) return;
  look_at_ = now + kLookAgain;
  if (!line_.empty()) look(now);
}

void ServerLine::look(Time) {
  link_.command({"HGET", parts_.keys.lineage(), "l"}, [this, expected = line_](const RedisReply& reply, Time now) {
    bool answered = reply.is_text() || reply.kind == RedisReply::Kind::kNil;
    if (!answered || line_ != expected || reply.text == expected) return;
    up(now);
    lost(now);
  });
}

// A server that has an append-only file goes on after a restart with what it had. One that was a replica before may
// lack the last messages.
Lineage ServerLine::lineage() const {
  const RedisLink::Server& server = link_.server();
  return {parts_.keys.lineage(), line_, server.run_id, server.address, server.keeps_log && !server.promoted};
}

}  // namespace lws_chat
