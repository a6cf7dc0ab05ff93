#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/hub.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/encoding.h"
#include "dialect/centrifuge/request.h"

// Questions about a room, asked by clients or by a back end. A room that is not there has no members and no messages.
namespace lws_chat {

struct RoomAnswer {
  std::string json{};  // the result, an object
  std::optional<ClientError> error{};
  std::string_view detail{};  // added to the error's message
  size_t items = 0;           // members or messages that were read
  std::string_view kept{};    // the result, if the room keeps it: until somebody comes or goes

  std::string_view text() const { return kept.empty() ? json : kept; }
};

// Answers about rooms whose settings keep no list of members, or no messages.
RoomAnswer no_presence();
RoomAnswer no_history();

// Answers {"presence":{CLIENT:INFO,...}}, with members that lost their connection and may be back soon.
RoomAnswer query_presence(Hub& hub, std::string_view room, Time now);

// Answers {"num_clients":...,"num_users":...}.
RoomAnswer query_presence_stats(Hub& hub, std::string_view room, Time now);

// A range of a history: centrifugal.dev/docs/server/history_and_recovery.
struct HistoryRange {
  int64_t limit = 0;  // -1: none
  bool reverse = false;
  bool since = false;  // from this position on:
  uint64_t offset = 0;
  std::string epoch;
};

// Reads limit, reverse and since. `problem` says what is wrong with them; empty: nothing.
HistoryRange read_history_range(Request& request, std::string& problem);

// Answers {"publications":[...],"epoch":...,"offset":...}. With `with_time`, publications have their times.
RoomAnswer query_history(Hub& hub, std::string_view room, const HistoryRange& range, bool with_time, Time now,
                         Encoding encoding = Encoding::kJson);

// Appends a message of the history to a list of publications.
void append_entry(std::string& publications, const History::Entry& entry, bool with_time, Encoding encoding);

}  // namespace lws_chat
