#include <fnmatch.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include "api/methods.h"
#include "dialect/centrifuge/history_query.h"

namespace lws_chat::api {
namespace {

// Reads the room that a request is about.
std::string room_of(Request& request, std::initializer_list<std::string_view> fields = {"channel"}) {
  request.allow_only(fields);
  std::string channel = request.text("channel");
  if (!is_room_name(channel)) request.complain("channel", "a room name: " + std::string(kRoomNames));
  return channel;
}

// Answers, unless there can be no such room.
template <typename Answer>
Deferred<Result> answer_about(const Context& context, const std::string& channel, Answer answer) {
  auto ask = [answer](Status status) -> Deferred<Result> {
    if (status != Status::kOk) return Result::refused(status);
    return answer().map(Result::of);
  };
  return context.hub.permit(kServerGrant, Action::kHistory, channel).follow(ask);
}

}  // namespace

Deferred<Result> presence(const Context& context, Request& request) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return answer_about(context, channel, [=] { return query_presence(context.hub, channel, context.now); });
}

Deferred<Result> presence_stats(const Context& context, Request& request) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return answer_about(context, channel, [=] { return query_presence_stats(context.hub, channel, context.now); });
}

Deferred<Result> history(const Context& context, Request& request) {
  std::string channel = room_of(request, {"channel", "limit", "since", "reverse"});
  std::string problem;
  HistoryRange range = read_history_range(request, problem);
  if (!problem.empty()) return Result::bad_request(std::move(problem));
  return context.hub.permit(kServerGrant, Action::kHistory, channel).follow([=](Status status) -> Deferred<Result> {
    if (status != Status::kOk) return Result::refused(status);
    return query_history(context.hub, channel, range, false, context.now).map(Result::of);
  });
}

Deferred<Result> history_remove(const Context& context, Request& request) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  auto forget = [&hub = context.hub, channel](Status status) -> Deferred<Status> {
    Room* room = hub.find(channel);
    return status == Status::kOk && room ? hub.forget_history(*room) : status;
  };
  bool shared = context.hub.settings_of(channel).shared;
  return context.hub.permit(kServerGrant, Action::kHistory, channel).follow([=](Status status) -> Deferred<Result> {
    if (status != Status::kOk) return Result::refused(status);
    if (context.hub.settings_of(channel).history.messages == 0) return Result::of(no_history());
    Deferred<Status> known = Status::kOk;
    if (!shared)
      known = context.hub.look_up(channel, context.now);
    else if (context.peers)
      known = context.hub.forget_on_all_nodes(channel, context.now);
    return known.follow(forget).map([](Status gone) { return gone == Status::kOk ? Result{} : Result::refused(gone); });
  });
}

namespace {

// What a room needs in the list beside its name, at least.
constexpr size_t kOfRoom = std::string_view("\"\":{\"num_clients\":1},").size();

// Compares names with a glob. Most names differ in their first bytes, which is found quickly.
class Glob {
 public:
  explicit Glob(std::string_view pattern)
      : pattern_(pattern), first_(pattern.substr(0, std::min(pattern.find_first_of("*?[\\"), pattern.size()))) {}

  bool matches(const std::string& name) const {
    if (pattern_.empty()) return true;
    return name.compare(0, first_.size(), first_) == 0 && fnmatch(pattern_.c_str(), name.c_str(), 0) == 0;
  }

 private:
  std::string pattern_;
  std::string first_;
};

Result too_many() { return {"", ClientError::kLimitExceeded, "too many rooms for one answer: ask with a pattern"}; }

Result list_of(const std::map<std::string, uint64_t>& counts) {
  std::string list;
  for (const auto& [room, clients] : counts) {
    if (!list.empty()) list += ',';
    append_quoted(list, room);
    list.append(":{\"num_clients\":").append(std::to_string(clients)).append("}");
    if (list.size() > kMaxList) return too_many();
  }
  return {"{\"channels\":{" + list + "}}"};
}

void append_node(std::string& json, const NodeFacts& node) {
  if (!json.empty()) json += ',';
  json += "{\"uid\":";
  append_quoted(json, node.uid);
  json += ",\"name\":";
  append_quoted(json, node.name);
  json += ",\"version\":";
  append_quoted(json, node.version);
  json += ",\"num_clients\":" + std::to_string(node.clients) + ",\"num_users\":" + std::to_string(node.users);
  json += ",\"num_subs\":" + std::to_string(node.subscriptions) + ",\"num_channels\":" + std::to_string(node.rooms);
  json += ",\"uptime\":" + std::to_string(node.uptime) + "}";
}

}  // namespace

std::optional<RoomCounts> rooms_here(const Hub& hub, std::string_view pattern) {
  Glob glob(pattern);
  RoomCounts counts;
  size_t bytes = 0;
  hub.rooms().each([&](const Room& room) {
    if (bytes > kMaxList || room.members().empty() || !glob.matches(room.name())) return;
    bytes += room.name().size() + kOfRoom;
    counts.emplace_back(room.name(), room.members().size());
  });
  if (bytes > kMaxList) return {};
  return counts;
}

// Lists the rooms that have members, on any node.
Deferred<Result> channels(const Context& context, Request& request) {
  request.allow_only({"pattern"});
  std::string pattern = request.text("pattern");
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  std::optional<RoomCounts> found = rooms_here(context.hub, pattern);
  if (!found) return too_many();
  std::map<std::string, uint64_t> here(found->begin(), found->end());
  if (!context.peers) return list_of(here);
  return context.peers->rooms(pattern, context.now).map([here](const Peers::Rooms& elsewhere) {
    if (elsewhere.status == Status::kTooManyRooms) return too_many();
    if (elsewhere.status != Status::kOk) return Result::refused(elsewhere.status);
    std::map<std::string, uint64_t> all = here;
    for (const auto& [room, clients] : elsewhere.counts) all[room] += clients;
    return list_of(all);
  });
}

NodeFacts facts_of(const Context& context) {
  NodeFacts facts{context.node.uid, context.node.name, "lws-chat " LWS_CHAT_VERSION};
  for (const Counters::ByDialect& dialect : context.hub.counters().dialects) {
    facts.clients += dialect.connections;
    facts.subscriptions += dialect.subscriptions;
  }
  facts.users = context.sessions.users();
  facts.rooms = context.hub.rooms().occupied();
  facts.uptime = static_cast<uint64_t>((context.now - context.node.started) / 1'000'000);
  return facts;
}

Deferred<Result> info(const Context& context, Request& request) {
  request.allow_only({});
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  std::string nodes;
  append_node(nodes, facts_of(context));
  if (context.peers)
    for (const NodeFacts& node : context.peers->others()) append_node(nodes, node);
  return Result{"{\"nodes\":[" + nodes + "]}"};
}

}  // namespace lws_chat::api
