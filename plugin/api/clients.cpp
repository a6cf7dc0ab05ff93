// What back ends change for clients that are connected.
#include <memory>
#include <utility>

#include "access/hook_fields.h"
#include "api/methods.h"
#include "api/target.h"

namespace lws_chat::api {
namespace {

int64_t unix_seconds(const Context& context) { return context.unix_ms / 1000; }

}  // namespace

// {"user":...,"channel":...,"client":...,"session":...,"info":...,"data":...,"recover_since":...,"override":...,
// "expire_at":...}
Deferred<Result> subscribe(const Context& context, Request& request) {
  request.allow_only({"user", "channel", "client", "session", "info", "b64info", "data", "b64data", "recover_since",
                      "override", "expire_at", "label_filter", "all_users"});
  std::string channel = request.text("channel");
  if (!is_room_name(channel)) request.complain("channel", "a room name: " + std::string(kRoomNames));
  Target target = read_target(request);
  auto invitation = std::make_shared<Invitation>();
  std::string problem;
  HookFields fields(request.fields(), "", problem);
  invitation->info = fields.json_or_base64("info", "b64info");
  invitation->data = fields.json_or_base64("data", "b64data");
  invitation->override = fields.override_("override");
  invitation->expires_at = request.signed_number("expire_at", 0, kLatest);
  invitation->by_server = true;
  bool recovers = false;
  Request since = request.object("recover_since", recovers);
  Position seen{since.text("epoch"), since.number("offset")};
  if (!since.problem().empty()) request.complain("recover_since", "a position: " + since.problem());
  if (!request.problem().empty()) problem = request.problem();
  if (!problem.empty()) return Result::bad_request(problem);
  if (invitation->expires_at > 0 && invitation->expires_at <= unix_seconds(context))
    return Result::bad_request("expire_at has passed");
  Grant invited;
  invited.invited = true;
  Deferred<Status> possible = context.hub.permit(invited, Action::kJoin, channel);
  if (possible.ready() && possible.value() != Status::kOk) return Result::refused(possible.value());
  // A user may also read a room by an event stream, which cannot be put into another one.
  bool any = false;
  Status worst = Status::kOk;
  for (Visitor* visitor : visitors_of(target, context.sessions)) {
    Status status = visitor->invite(channel, invitation, recovers ? &seen : nullptr, context.now);
    if (status == Status::kOk) any = true;
    if (status != Status::kOk && status != Status::kGoingAway) worst = status;
  }
  return any || worst == Status::kOk ? Result{} : Result::refused(worst);
}

// {"user":...,"client":...,"session":...,"expired":...,"expire_at":...}
Deferred<Result> refresh(const Context& context, Request& request) {
  request.allow_only({"user", "client", "session", "expired", "expire_at", "info", "label_filter", "all_users"});
  request.refuse({"info"});
  Target target = read_target(request);
  Renewal renewal{request.flag("expired"), request.signed_number("expire_at", 0, kLatest)};
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  for (Visitor* visitor : visitors_of(target, context.sessions)) visitor->renew(renewal, context.now);
  return Result{};
}

}  // namespace lws_chat::api
