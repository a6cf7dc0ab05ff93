#include "dialect/centrifuge/room_query.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace lws_chat {
namespace {

// About the longest reply, in bytes: a longer list of members is refused.
constexpr size_t kMaxReply = size_t{1024} * 1024;

}  // namespace

RoomAnswer no_presence() { return {{}, ClientError::kNotAvailable, "presence is off"}; }

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

}  // namespace lws_chat
