// What back ends change for clients that are connected.
#include <limits>
#include <memory>
#include <utility>

#include "api/methods.h"
#include "api/target.h"
#include "wire/base64.h"

namespace lws_chat::api {
namespace {

constexpr int64_t kLatest = std::numeric_limits<int32_t>::max() * int64_t{1000};  // Unix seconds

std::optional<bool> read_switch(Request& fields, std::string_view name) {
  bool given = false;
  Request value = fields.object(name, given);
  if (!given) return std::nullopt;
  value.allow_only({"value"});
  bool on = value.flag("value");
  if (!value.problem().empty()) fields.complain(name, "an object {\"value\": true or false}");
  return on;
}

SubscriptionOverride read_override(Request& request) {
  bool given = false;
  Request fields = request.object("override", given);
  SubscriptionOverride override;
  override.presence = read_switch(fields, "presence");
  override.join_leave = read_switch(fields, "join_leave");
  override.force_push_join_leave = read_switch(fields, "force_push_join_leave");
  override.force_recovery = read_switch(fields, "force_recovery");
  override.force_positioning = read_switch(fields, "force_positioning");
  if (!fields.problem().empty()) request.complain("override", "right: " + fields.problem());
  return override;
}

// Reads a JSON value, from NAME or, in base64, from b64NAME.
std::string read_value(Request& request, std::string_view name) {
  std::string value(request.json(name));
  std::string encoded_name = "b64" + std::string(name);
  std::string encoded = request.text(encoded_name);
  if (!encoded.empty()) {
    JsonValue parsed;
    std::optional<std::string> decoded = from_base64(encoded);
    if (!decoded || !read_json(*decoded, parsed)) {
      request.complain(encoded_name, "a JSON value in base64");
      return {};
    }
    value = on_one_line(parsed.text);
  }
  return value == "null" ? std::string() : value;
}

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
  invitation->info = read_value(request, "info");
  invitation->data = read_value(request, "data");
  invitation->override = read_override(request);
  invitation->expires_at = request.signed_number("expire_at", 0, kLatest);
  invitation->by_server = true;
  bool recovers = false;
  Request since = request.object("recover_since", recovers);
  Position seen{since.text("epoch"), since.number("offset")};
  if (!since.problem().empty()) request.complain("recover_since", "a position: " + since.problem());
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  if (invitation->expires_at > 0 && invitation->expires_at <= unix_seconds(context))
    return Result::bad_request("expire_at has passed");
  Grant invited;
  invited.invited = true;
  Deferred<Status> possible = context.hub.permit(invited, Action::kJoin, channel);
  if (possible.ready() && possible.value() != Status::kOk) return Result::refused(possible.value());
  Status worst = Status::kOk;
  for (Visitor* visitor : visitors_of(target, context.sessions)) {
    Status status = visitor->invite(channel, invitation, recovers ? &seen : nullptr, context.now);
    if (status != Status::kOk && status != Status::kGoingAway) worst = status;
  }
  return worst == Status::kOk ? Result{} : Result::refused(worst);
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
