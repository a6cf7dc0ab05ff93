#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/deferred.h"
#include "core/hub.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/request.h"
#include "dialect/centrifuge/room_query.h"

// Questions about the messages of a room, asked by clients or by a back end. What is not in memory comes from the
// journal. A room that nobody knows has no messages.
namespace lws_chat {

// The answer about a room whose settings keep no messages.
RoomAnswer no_history();

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

// Answers {"publications":[...],"epoch":...,"offset":...}. With `with_time`, publications have their times. A long
// history is cut off.
Deferred<RoomAnswer> query_history(Hub& hub, std::string_view room, const HistoryRange& range, bool with_time, Time now,
                                   DataForm form = DataForm::kJson);

// Appends a message of the history to a list of publications.
void append_entry(std::string& publications, const History::Entry& entry, bool with_time,
                  DataForm form = DataForm::kJson);

}  // namespace lws_chat
