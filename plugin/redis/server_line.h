#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "redis/broker_parts.h"
#include "redis/link.h"
#include "redis/room_script.h"

namespace lws_chat {

// Knows on which line a server numbers its rooms, see RedisKeys::lineage(). And looks after it: a server that does not
// know it any more has lost everything.
class ServerLine {
 public:
  // The line is looked for after this time.
  static constexpr Time kLookAgain = 5'000'000;

  ServerLine(RedisLink& link, const BrokerParts& parts) : link_(link), parts_(parts) {}

  // Called when the server is on another line than when this node saw it last, and when it has lost its line although
  // it was there all the time. To be set before anything else.
  std::function<void(Time now)> changed{};
  std::function<void(Time now)> lost{};

  // For the link's listener, before anything else is sent. If this fails, the first script of a room does it.
  void up(Time now);
  void down();

  // Until then nobody knows if the server does anything.
  bool is_known() const { return !line_.empty(); }

  // The line that this node has seen last, also before the connection was lost. Empty: none.
  const std::string& last() const { return last_; }

  // Looks, and asks again after a failure, when due() has come.
  void tick(Time now);
  Time due() const { return std::min(look_at_, again_); }

  // For the scripts of the server's rooms. The views stay until the link changes.
  Lineage lineage() const;

 private:
  void was_seen(std::string_view line, Time now);
  void look(Time now);

  RedisLink& link_;
  const BrokerParts& parts_;
  std::string line_;  // empty: not known yet
  std::string last_;  // the last one that was known
  Time look_at_ = kNever;
  Time again_ = kNever;
};

}  // namespace lws_chat
