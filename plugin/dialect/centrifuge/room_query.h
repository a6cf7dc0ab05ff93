#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/hub.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/request.h"

// What can be asked about a room, by its members and by a back end.
namespace lws_chat {

struct RoomAnswer {
  std::string json{};  // the result, an object
  std::optional<ClientError> error{};
  std::string_view detail{};  // says more of it
  size_t items = 0;           // members or messages that were looked at
  std::string_view kept{};    // the result itself, if it stays with the room: until somebody comes or goes

  std::string_view text() const { return kept.empty() ? json : kept; }
};

// What is answered about rooms whose settings keep no list of members, or no messages.
RoomAnswer no_presence();
RoomAnswer no_history();

// {"presence":{CLIENT:INFO,...}}, those included who lost their connection and may be back soon.
RoomAnswer query_presence(Hub& hub, Room& room, Time now);

// {"num_clients":...,"num_users":...}
RoomAnswer query_presence_stats(Hub& hub, Room& room, Time now);

// Which messages are asked for: centrifugal.dev/docs/server/history_and_recovery.
struct HistoryRange {
  int64_t limit = 0;  // -1: as many as there are
  bool reverse = false;
  bool since = false;  // from this position on:
  uint64_t offset = 0;
  std::string epoch;
};

// Reads limit, reverse and since; what is wrong with them is the request's problem, or that of `since`.
HistoryRange read_history_range(Request& request, std::string& problem);

// {"publications":[...],"epoch":...,"offset":...}; `with_time`: they say when they were published.
RoomAnswer query_history(Hub& hub, Room& room, const HistoryRange& range, bool with_time, Time now);

// Appends a message of the history to a list of publications.
void append_entry(std::string& publications, const History::Entry& entry, bool with_time);

}  // namespace lws_chat
