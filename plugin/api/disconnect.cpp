#include <unordered_set>
#include <utility>
#include <vector>

#include "api/methods.h"
#include "api/target.h"

namespace lws_chat::api {
namespace {

constexpr size_t kMaxReason = 100;  // bytes of a close reason
constexpr int64_t kMinCode = 3000;  // close codes that a back end may choose, RFC 6455 section 7.4.2
constexpr int64_t kMaxCode = 4999;

Target read_named(Request& request, std::string& problem) {
  Target target = read_target(request);
  problem = request.problem();
  if (problem.empty() && target.empty()) problem = "user, client or session is required";
  return target;
}

// A text client or an event stream whose user is not known: only its id names it. Returns nullptr if there is none.
Client* reader_of(const Target& target, Hub& hub) {
  return target.client.empty() ? nullptr : hub.presence().introduced(target.client);
}

}  // namespace

Deferred<Result> unsubscribe(const Context& context, Request& request) {
  request.allow_only({"channel", "user", "client", "session", "label_filter", "all_users"});
  std::string channel = request.text("channel");
  std::string problem;
  Target target = read_named(request, problem);
  if (!problem.empty()) return Result::bad_request(std::move(problem));
  Deferred<Status> possible = context.hub.permit(kServerGrant, Action::kJoin, channel);
  if (!channel.empty() && possible.ready() && possible.value() != Status::kOk) return Result::refused(possible.value());
  for (Visitor* visitor : visitors_of(target, context.sessions)) visitor->dismiss(channel, context.now);
  // A reader has one room only, so it ends with its subscription.
  Client* reader = reader_of(target, context.hub);
  if (reader && (channel.empty() || reader->room()->name() == channel))
    context.hub.dismiss(*reader, {Status::kForced}, context.now);
  return Result{};
}

Deferred<Result> disconnect(const Context& context, Request& request) {
  request.allow_only({"user", "client", "session", "disconnect", "whitelist", "label_filter", "all_users"});
  std::vector<std::string> whitelist = request.texts("whitelist");
  std::unordered_set<std::string> spared(whitelist.begin(), whitelist.end());
  bool given = false;
  Request how = request.object("disconnect", given);
  how.allow_only({"code", "reason"});
  int64_t code = how.signed_number("code", 0, kMaxCode);
  Ending ending{Status::kForced, 0, how.text("reason"), static_cast<uint16_t>(code)};
  std::string problem;
  Target target = read_named(request, problem);
  if (problem.empty()) problem = how.problem();
  if (problem.empty() && given && code < kMinCode) problem = "code of disconnect must be 3000 to 4999";
  if (problem.empty() && ending.detail.size() > kMaxReason)
    problem = "reason of disconnect is longer than " + std::to_string(kMaxReason) + " bytes";
  if (!problem.empty()) return Result::bad_request(std::move(problem));
  auto is_spared = [&](const std::string& client) { return spared.count(client) > 0; };
  for (Visitor* visitor : visitors_of(target, context.sessions))
    if (!is_spared(visitor->client_id())) visitor->end(ending, context.now);
  Client* reader = reader_of(target, context.hub);
  if (reader && !is_spared(target.client)) context.hub.dismiss(*reader, ending, context.now);
  return Result{};
}

}  // namespace lws_chat::api
