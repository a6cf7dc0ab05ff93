#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/hub.h"
#include "dialect/centrifuge/client_error.h"

// Questions about a room, asked by clients or by a back end. A room that is not there has no members.
namespace lws_chat {

struct RoomAnswer {
  std::string json{};  // the result, an object
  std::optional<ClientError> error{};
  std::string_view detail{};  // added to the error's message
  size_t items = 0;           // members or messages that were read
  std::string_view kept{};    // the result, if the room keeps it: until somebody comes or goes
  bool unavailable = false;   // the error is that the room cannot be read now

  std::string_view text() const { return kept.empty() ? json : kept; }
};

// The answer about a room whose settings keep no list of members.
RoomAnswer no_presence();

// Answers {"presence":{CLIENT:INFO,...}}, with members that lost their connection and may be back soon.
Deferred<RoomAnswer> query_presence(Hub& hub, std::string_view room, Time now);

// Answers {"num_clients":...,"num_users":...}.
Deferred<RoomAnswer> query_presence_stats(Hub& hub, std::string_view room, Time now);

}  // namespace lws_chat
