#pragma once

#include <string>

#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/room_script.h"

namespace lws_chat {

// Knows on which line a server numbers its rooms, see RedisKeys::lineage().
class ServerLine {
 public:
  ServerLine(RedisLink& link, const BrokerParts& parts) : link_(link), parts_(parts) {}

  // For the link's listener, before anything else is sent. If this fails, the first script of a room does it.
  void up();
  void down() { line_.clear(); }

  // Until then nobody knows if the server does anything.
  bool is_known() const { return !line_.empty(); }

  // Asks again after a failure, when due() has come.
  void tick(Time now);
  Time due() const { return again_; }

  // For the scripts of the server's rooms. The views stay until the link changes.
  Lineage lineage() const;

 private:
  RedisLink& link_;
  const BrokerParts& parts_;
  std::string line_;  // empty: not known yet
  Time again_ = kNever;
};

}  // namespace lws_chat
