#pragma once

#include <cstddef>
#include <string>

#include "redis/broker_parts.h"
#include "redis/link.h"

namespace lws_chat {

// What one Redis server has lost. An administrator is told in one line, not once for each room, and only if a room of
// this node is concerned.
class Losses {
 public:
  // Rooms are found one after the other: the line comes when none was found for so long, but at the latest after the
  // second time. The first rooms may be found by a message: then the others are when ServerLine looks.
  static constexpr Time kQuiet = 2'000'000;
  static constexpr Time kLongest = 30'000'000;

  Losses(RedisLink& link, const BrokerParts& parts) : link_(link), parts_(parts) {}

  // The server is on another line than before, see RedisKeys::lineage().
  void other_line(Time now);

  // A room of this node has begun a new epoch.
  void room(Time now);

  void tick(Time now);
  Time due() const { return due_; }

 private:
  void wait(Time now);

  RedisLink& link_;
  const BrokerParts& parts_;
  std::string server_;  // its name in the log
  size_t rooms_ = 0;
  bool on_other_line_ = false;  // since the last line in the log
  Time first_ = kNever;
  Time due_ = kNever;
};

}  // namespace lws_chat
