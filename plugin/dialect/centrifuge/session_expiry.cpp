// What ends by itself: the connection and the memberships that a token or a back end has given only for a time.
#include <algorithm>
#include <exception>

#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/session.h"
#include "dialect/centrifuge/subscription.h"

namespace lws_chat {
namespace {

// The longest time that a client is told, in seconds: a year.
constexpr int64_t kMaxTtl = 31'536'000;

std::string room_names(const std::vector<ServerSubscription>& rooms) {
  std::vector<std::string_view> names;
  names.reserve(rooms.size());
  for (const ServerSubscription& room : rooms) names.push_back(room.room);
  std::sort(names.begin(), names.end());
  std::string text;
  for (std::string_view name : names) text.append(name).append("\n");
  return text;
}

}  // namespace

std::string Session::ttl_of(int64_t expires_at) const {
  int64_t left = std::clamp<int64_t>(expires_at - unix_seconds(), 0, kMaxTtl);
  return "\"expires\":true" + (left > 0 ? ",\"ttl\":" + std::to_string(left) : std::string());
}

bool Session::server_renews(const Subscription& subscription) const {
  return hub_.settings_of(subscription.name()).sub_refresh_hook && doorman_.has_hook(HookKind::kSubRefresh);
}

int64_t Session::due_at() const { return expiry_.due(server_renews(), options_.expiry_grace); }

int64_t Session::due_at(const Subscription& subscription) const {
  if (subscription.expiry.at == 0 || !subscription.room() || subscription.leaving()) return kNotDue;
  return subscription.expiry.due(server_renews(subscription), options_.expiry_grace);
}

void Session::schedule_expiry(Time now) {
  if (ended_) return;
  int64_t due = due_at();
  for (const auto& [name, subscription] : subscriptions_) due = std::min(due, due_at(subscription));
  if (due != kNotDue) link_.call_at(now + wait_for(due, unix_seconds()));
}

void Session::time_is_up(Time now) {
  if (ended_ || connecting_) return;
  int64_t today = unix_seconds();
  if (due_at() < today) {
    if (!server_renews()) return end({Status::kExpired}, now);
    ask_to_renew();
  }
  for (auto& [name, subscription] : subscriptions_) {
    if (ended_) return;
    if (due_at(subscription) >= today) continue;
    if (server_renews(subscription))
      ask_to_renew(subscription);
    else
      expire(subscription, now);
  }
  schedule_expiry(now);
}

// An SDK subscribes again after 2501. It cannot do that where the server has chosen the room, so it has to reconnect.
void Session::expire(Subscription& subscription, Time now) {
  if (subscription.by_server()) return end({Status::kRoomExpired}, now);
  hub_.dismiss_after_head(subscription, Status::kSubscriptionOver, now);
}

// The client's commands do not wait for this answer. It comes once; a session that cannot act on it ends, instead of
// lasting for ever.
template <typename Act>
void Session::act_on_renewal(Deferred<Outcome<RefreshResult>> answer, Act act) {
  answer.then(lifetime_, [this, act = std::move(act)](const Outcome<RefreshResult>& outcome) mutable {
    Time now = link_.now();
    try {
      if (outcome.denial) link_.note_denial(*outcome.denial);
      act(outcome, now);
      schedule_expiry(now);
    } catch (const std::exception&) {
      end({Status::kInternalError}, now);
    }
  });
}

void Session::ask_to_renew() {
  expiry_.renewing = true;
  act_on_renewal(doorman_.ask_to_renew(about_me(), unix_seconds()),
                 [this](const Outcome<RefreshResult>& outcome, Time now) {
                   expiry_.renewing = false;
                   if (outcome.denial) {
                     const Denial& denial = *outcome.denial;
                     return end({denial.why, 0, denial.message, static_cast<uint16_t>(denial.code)}, now);
                   }
                   expiry_.at = outcome.value.expires_at;
                 });
}

// Meanwhile the client may have left the room and come back by another invitation.
void Session::ask_to_renew(Subscription& subscription) {
  subscription.expiry.renewing = true;
  std::string channel(subscription.name());
  act_on_renewal(doorman_.ask_to_renew_invitation({about_me(), channel}, unix_seconds()),
                 [this, channel, before = subscription.invitation()](const Outcome<RefreshResult>& outcome, Time now) {
                   Subscription* renewed = member_of(channel);
                   if (!renewed || renewed->invitation() != before) return;
                   renewed->expiry.renewing = false;
                   if (outcome.denial) return expire(*renewed, now);
                   renewed->expiry.at = outcome.value.expires_at;
                 });
}

void Session::refresh(Command& command, Time now) {
  std::string token = command.request.text("token");
  if (!command.request.problem().empty()) return refuse(command, ClientError::kBadRequest, command.request.problem());
  if (!doorman_.verifies()) return refuse(command, ClientError::kNotAvailable, "nothing expires here");
  if (token.empty() || server_renews()) return end({Status::kBadRequest}, now);
  when(doorman_.renew(guest_, token, unix_seconds()),
       [this, ticket = ticket_of(command)](const Outcome<GuestPtr>& outcome) { refreshed(ticket, outcome); });
}

void Session::refreshed(const Command& command, const Outcome<GuestPtr>& outcome) {
  Time now = link_.now();
  if (outcome.denial) return deny(command, *outcome.denial, now);
  // The rooms that the server puts the client into are chosen when it connects.
  std::vector<ServerSubscription> none;
  if (room_names(guest_ ? guest_->rooms : none) != room_names(outcome.value->rooms))
    return end({Status::kRoomsChanged}, now);
  guest_ = outcome.value;
  expiry_.at = guest_->expires_at;
  reply(command, expiry_.at > 0 ? "{" + ttl_of(expiry_.at) + "}" : "{}");
  schedule_expiry(now);
}

void Session::sub_refresh(Command& command, Time now) {
  std::string channel = command.request.text("channel");
  std::string token = command.request.text("token");
  if (!command.request.problem().empty()) return refuse(command, ClientError::kBadRequest, command.request.problem());
  if (!doorman_.verifies()) return refuse(command, ClientError::kNotAvailable, "nothing expires here");
  if (channel.empty()) return end({Status::kBadRequest}, now);
  Subscription* subscription = member_of(channel);
  if (!subscription) return refuse(command, ClientError::kPermissionDenied, "not subscribed to the channel");
  if (subscription->by_server() || server_renews(*subscription)) return end({Status::kBadRequest}, now);
  if (token.empty()) return refuse(command, ClientError::kBadRequest, "token is missing");
  when(doorman_.renew_invitation({about_me(), channel, token}, unix_seconds()),
       [this, ticket = ticket_of(command), channel](const Outcome<InvitationPtr>& outcome) {
         sub_refreshed(ticket, channel, outcome);
       });
}

void Session::sub_refreshed(const Command& command, const std::string& channel, const Outcome<InvitationPtr>& outcome) {
  Time now = link_.now();
  if (outcome.denial) return deny(command, *outcome.denial, now);
  // The subscription may have ended meanwhile.
  Subscription* subscription = member_of(channel);
  if (!subscription) return refuse(command, ClientError::kPermissionDenied, "not subscribed to the channel");
  size_t other = claimed_.bytes() - std::min(claimed_.bytes(), cost_of(channel, subscription->invitation()));
  claimed_.set(other + cost_of(channel, outcome.value));
  subscription->set_invitation(outcome.value);
  reply(command, subscription->expiry.at > 0 ? "{" + ttl_of(subscription->expiry.at) + "}" : "{}");
  schedule_expiry(now);
}

// A back end changes when the connection expires, and the client is told.
void Session::renew(const Renewal& renewal, Time now) {
  if (ended_ || connecting_) return;
  bool past = renewal.expires_at > 0 && renewal.expires_at <= unix_seconds();
  if (renewal.expired || past) return end({Status::kExpired}, now);
  expiry_.at = renewal.expires_at;
  std::string text;
  append_refresh_push(text, expiry_.at > 0 ? "{" + ttl_of(expiry_.at) + "}" : "{}");
  push(text);
  schedule_expiry(now);
}

void Session::check_revoked(Time now) {
  if (ended_) return;
  int64_t today = unix_seconds();
  if (guest_ && doorman_.is_revoked(*guest_, today)) return end({Status::kRevoked}, now);
  std::string_view user = guest_ ? std::string_view(guest_->user) : std::string_view();
  for (auto& [name, subscription] : subscriptions_) {
    const InvitationPtr& invitation = subscription.invitation();
    if (!invitation || !subscription.room() || !doorman_.is_revoked(*invitation, user, today)) continue;
    hub_.dismiss_after_head(subscription, Status::kUnsubscribed, now);
  }
}

}  // namespace lws_chat
