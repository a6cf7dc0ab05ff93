#include "dialect/centrifuge/room_query.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "wire/json.h"

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

RoomAnswer too_long() {
  RoomAnswer answer;
  answer.error = ClientError::kLimitExceeded;
  answer.detail = "too many members for one reply, ask for presence_stats";
  return answer;
}

RoomAnswer not_known(Status why) {
  RoomAnswer answer;
  answer.error = ClientError::kInternal;
  answer.detail = describe(why).text;
  answer.unavailable = true;
  return answer;
}

RoomAnswer list_on_all_nodes(const SharedPresence::List& list) {
  if (list.status != Status::kOk) return not_known(list.status);
  RoomAnswer answer{"{\"presence\":{"};
  for (const Identity& member : list.members) {
    if (answer.items++ > 0) answer.json += ',';
    append_quoted(answer.json, member.client);
    answer.json.append(":").append(member.json);
    if (answer.json.size() > kMaxReply) return too_long();
  }
  answer.json += "}}";
  return answer;
}

std::string stats(uint64_t clients, uint64_t users) {
  return "{\"num_clients\":" + std::to_string(clients) + ",\"num_users\":" + std::to_string(users) + "}";
}

RoomAnswer count_on_all_nodes(const SharedPresence::Count& count) {
  if (count.status != Status::kOk) return not_known(count.status);
  return {stats(count.clients, count.users)};
}

}  // namespace

Deferred<RoomAnswer> query_presence(Hub& hub, std::string_view name, Time now) {
  const RoomSettings& settings = hub.settings_of(name);
  if (!settings.presence) return no_presence();
  if (settings.shared) return hub.presence().on_all_nodes().list(name, now).map(list_on_all_nodes);
  Room* found = hub.find(name);
  if (!found) return RoomAnswer{"{\"presence\":{}}"};
  Room& room = *found;
  const PresenceLists& known = hub.presence().lists(room, now, [&](PresenceLists& one) {
    if (one.list.empty() && !one.too_long) list_members(room, one);
  });
  RoomAnswer answer;
  if (known.too_long) answer = too_long();
  answer.items = room.members().size() + room.absent().size();
  answer.kept = known.list;
  return answer;
}

Deferred<RoomAnswer> query_presence_stats(Hub& hub, std::string_view name, Time now) {
  const RoomSettings& settings = hub.settings_of(name);
  if (!settings.presence) return no_presence();
  if (settings.shared) return hub.presence().on_all_nodes().count(name, now).map(count_on_all_nodes);
  Room* found = hub.find(name);
  if (!found) return RoomAnswer{stats(0, 0)};
  Room& room = *found;
  const PresenceLists& known = hub.presence().lists(room, now, [&](PresenceLists& one) {
    if (one.users < 0) count_users(room, one);
  });
  RoomAnswer answer;
  answer.items = room.members().size() + room.absent().size();
  answer.json = stats(known.clients, static_cast<uint64_t>(known.users));
  return answer;
}

}  // namespace lws_chat
