#include "dialect/centrifuge/room_query.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "core/recovery.h"
#include "dialect/centrifuge/reply.h"

namespace lws_chat {
namespace {

// About the longest reply, in bytes: a longer history is cut off, a longer list of members is refused.
constexpr size_t kMaxReply = size_t{1024} * 1024;

}  // namespace

RoomAnswer no_presence() { return {{}, ClientError::kNotAvailable, "presence is off"}; }

RoomAnswer no_history() { return {{}, ClientError::kNotAvailable, "no history is kept"}; }

namespace {

// Lists members, and absent members that may be back soon.
void list_members(const Room& room, PresenceLists& known) {
  std::string list = "{\"presence\":{";
  size_t empty = list.size();
  auto add = [&](const IdentityPtr& identity) {
    if (identity) list.append(list.size() == empty ? "\"" : ",\"").append(identity->client + "\":" + identity->json);
    return list.size() <= kMaxReply;
  };
  auto add_absent = [&](const Absent& absent) { return add(absent.identity); };
  const std::vector<Client*>& members = room.members();
  const std::list<Absent>& absent = room.absent();
  known.too_long =
      !std::all_of(members.begin(), members.end(), [&](Client* member) { return add(member->identity()); }) ||
      !std::all_of(absent.begin(), absent.end(), add_absent);
  if (!known.too_long) known.list = list + "}}";
}

// The history of a room that is not there. Nobody can have a position in it.
RoomAnswer no_messages(const HistoryRange& range) {
  if (range.since && !range.epoch.empty()) return {{}, ClientError::kUnrecoverablePosition};
  return {"{\"publications\":[],\"epoch\":\"\",\"offset\":0}"};
}

void count_users(const Room& room, PresenceLists& known) {
  std::unordered_set<std::string_view> users;
  known.clients = room.absent().size();
  for (Client* member : room.members()) {
    IdentityPtr identity = member->identity();
    if (!identity) continue;
    ++known.clients;
    users.insert(identity->user);
  }
  for (const Absent& absent : room.absent()) users.insert(absent.identity->user);
  known.users = static_cast<int64_t>(users.size());
}

}  // namespace

RoomAnswer query_presence(Hub& hub, std::string_view name, Time now) {
  if (!hub.settings_of(name).presence) return no_presence();
  Room* found = hub.find(name);
  if (!found) return {"{\"presence\":{}}"};
  Room& room = *found;
  const PresenceLists& known = hub.presence().lists(room, now, [&](PresenceLists& one) {
    if (one.list.empty() && !one.too_long) list_members(room, one);
  });
  RoomAnswer answer;
  answer.items = room.members().size() + room.absent().size();
  answer.kept = known.list;
  if (known.too_long) {
    answer.error = ClientError::kLimitExceeded;
    answer.detail = "too many members for one reply, ask for presence_stats";
  }
  return answer;
}

RoomAnswer query_presence_stats(Hub& hub, std::string_view name, Time now) {
  if (!hub.settings_of(name).presence) return no_presence();
  Room* found = hub.find(name);
  if (!found) return {"{\"num_clients\":0,\"num_users\":0}"};
  Room& room = *found;
  const PresenceLists& known = hub.presence().lists(room, now, [&](PresenceLists& one) {
    if (one.users < 0) count_users(room, one);
  });
  RoomAnswer answer;
  answer.items = room.members().size() + room.absent().size();
  answer.json =
      "{\"num_clients\":" + std::to_string(known.clients) + ",\"num_users\":" + std::to_string(known.users) + "}";
  return answer;
}

HistoryRange read_history_range(Request& request, std::string& problem) {
  HistoryRange range;
  range.limit = request.signed_number("limit", INT32_MIN, INT32_MAX);
  range.reverse = request.flag("reverse");
  Request since = request.object("since", range.since);
  range.offset = since.number("offset");
  range.epoch = since.text("epoch");
  problem = request.problem().empty() ? since.problem() : request.problem();
  if (problem.empty() && range.since && range.reverse && range.offset == 0)
    problem = "there is nothing before offset 0";
  return range;
}

RoomAnswer query_history(Hub& hub, std::string_view name, const HistoryRange& range, bool with_time, Time now,
                         DataForm form) {
  if (hub.settings_of(name).history.messages == 0) return no_history();
  Room* found = hub.find(name);
  if (!found) return no_messages(range);
  Room& room = *found;
  const History& history = hub.history(room, now);
  uint64_t first = history.first();
  uint64_t end = history.top() + 1;  // the offset after the last message of the range
  if (range.since) {
    if (!range.epoch.empty() && range.epoch != room.epoch()) return {{}, ClientError::kUnrecoverablePosition};
    // Where messages are missing, their offsets tell.
    if (!range.reverse)
      first = range.offset >= history.top() ? end : std::max(first, range.offset + 1);
    else
      end = range.offset > end ? first : std::max(first, std::min(end, range.offset));
  }
  uint64_t count = range.limit < 0 ? end - first : std::min<uint64_t>(end - first, static_cast<uint64_t>(range.limit));
  count = std::min<uint64_t>(count, kMaxReply / 16);  // more would not fit the reply, however small
  if (range.reverse) first = end - count;
  std::vector<History::Entry> entries;
  History::Reader reader = history.from(first);
  for (size_t i = 0; i < count; ++i) entries.push_back(reader.next());
  if (range.reverse) std::reverse(entries.begin(), entries.end());
  RoomAnswer answer;
  std::string publications;
  for (const History::Entry& entry : entries) {
    if (publications.size() > kMaxReply) break;
    append_entry(publications, entry, with_time, form);
    ++answer.items;
  }
  answer.json = "{\"publications\":[" + publications + "],\"epoch\":\"" + room.epoch() +
                "\",\"offset\":" + std::to_string(history.top()) + "}";
  return answer;
}

void append_entry(std::string& publications, const History::Entry& entry, bool with_time, DataForm form) {
  if (!publications.empty()) publications += ',';
  append_publication(publications, entry.message, entry.offset, with_time ? entry.message.unix_ms : 0, form);
}

}  // namespace lws_chat
