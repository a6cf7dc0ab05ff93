#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/log/message.h"

namespace lws_chat {

// The last message of each room that a server has taken from this node within the last minute. A server that was killed
// may have lost the last ones that it has answered, although it goes on with what it had: it writes its append-only
// file once a second.
class RecentAnswers {
 public:
  static constexpr Time kRemembered = 60'000'000;
  static constexpr size_t kMostRooms = 10000;

  struct Answer {
    std::string room;
    std::string epoch;
    uint64_t offset;
    uint64_t order;  // of the publication, see Publisher
    Time at;
  };

  void note(std::string_view room, std::string_view epoch, uint64_t offset, uint64_t order, Time now);

  // Oldest first.
  const std::list<Answer>& all(Time now);

 private:
  void forget_old(Time now);

  std::list<Answer> answers_;
  std::unordered_map<std::string_view, std::list<Answer>::iterator> by_room_;  // the names are in answers_
};

}  // namespace lws_chat
