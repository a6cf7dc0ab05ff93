#include <fnmatch.h>

#include <initializer_list>
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
  return context.hub.permit(kServerGrant, Action::kHistory, channel).map([answer](Status status) {
    return status == Status::kOk ? answer() : Result::refused(status);
  });
}

}  // namespace

Deferred<Result> presence(const Context& context, Request& request) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return answer_about(context, channel, [=] { return Result::of(query_presence(context.hub, channel, context.now)); });
}

Deferred<Result> presence_stats(const Context& context, Request& request) {
  std::string channel = room_of(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return answer_about(context, channel,
                      [=] { return Result::of(query_presence_stats(context.hub, channel, context.now)); });
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
  return context.hub.permit(kServerGrant, Action::kHistory, channel).follow([=](Status status) -> Deferred<Result> {
    if (status != Status::kOk) return Result::refused(status);
    if (context.hub.settings_of(channel).history.messages == 0) return Result::of(no_history());
    return context.hub.look_up(channel, context.now).follow(forget).map([](Status gone) {
      return gone == Status::kOk ? Result{} : Result::refused(gone);
    });
  });
}

// Lists the rooms that have members.
Deferred<Result> channels(const Context& context, Request& request) {
  request.allow_only({"pattern"});
  std::string pattern = request.text("pattern");
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  std::string list;
  bool whole = true;
  context.hub.rooms().each([&](const Room& room) {
    if (room.members().empty() || !whole) return;
    if (!pattern.empty() && fnmatch(pattern.c_str(), room.name().c_str(), 0) != 0) return;
    if (!list.empty()) list += ',';
    append_quoted(list, room.name());
    list.append(":{\"num_clients\":").append(std::to_string(room.members().size())).append("}");
    whole = list.size() <= kMaxList;
  });
  if (!whole) return Result{"", ClientError::kLimitExceeded, "too many rooms for one answer: ask with a pattern"};
  return Result{"{\"channels\":{" + list + "}}"};
}

Deferred<Result> info(const Context& context, Request& request) {
  request.allow_only({});
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  uint64_t clients = 0;
  uint64_t subscriptions = 0;
  for (const Counters::ByDialect& dialect : context.hub.counters().dialects) {
    clients += dialect.connections;
    subscriptions += dialect.subscriptions;
  }
  std::string json = "{\"nodes\":[{\"uid\":";
  append_quoted(json, context.node.uid);
  json += ",\"name\":";
  append_quoted(json, context.node.name);
  json += ",\"version\":\"lws-chat " LWS_CHAT_VERSION "\",\"num_clients\":" + std::to_string(clients);
  json +=
      ",\"num_users\":" + std::to_string(context.sessions.users()) + ",\"num_subs\":" + std::to_string(subscriptions);
  json += ",\"num_channels\":" + std::to_string(context.hub.rooms().occupied());
  return Result{json + ",\"uptime\":" + std::to_string((context.now - context.node.started) / 1'000'000) + "}]}"};
}

}  // namespace lws_chat::api
