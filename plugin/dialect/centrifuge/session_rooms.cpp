// The session's rooms: how the client gets in, by itself or by the server, and out again.
#include <algorithm>
#include <exception>
#include <utility>

#include "core/recovery.h"
#include "dialect/centrifuge/history_query.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/session.h"
#include "dialect/centrifuge/subscription.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"

namespace lws_chat {
namespace {

// This many messages in a reply cost as much as one command.
constexpr size_t kPerCost = 100;

// A bit of the field flag in subscribe.
constexpr int64_t kRejectUnrecovered = 2;

}  // namespace

// The client's rights in a room that it is in, or is not in (nullptr).
Grant Session::grant_for(const Subscription* subscription) const {
  Grant grant;
  if (guest_) grant.user = guest_->user;
  if (!subscription) return grant;
  grant.member = true;
  grant.invited = subscription->invitation() != nullptr;
  return grant;
}

// Its rights in a room that it is about to enter.
Grant Session::grant_as_member(const InvitationPtr& invitation) const {
  Grant grant;
  if (guest_) grant.user = guest_->user;
  grant.member = true;
  grant.invited = invitation != nullptr;
  return grant;
}

// What a gate decides later is not allowed here. (RuleGate decides at once.)
Status Session::judge(Action action, std::string_view channel, const Grant& grant) {
  Deferred<Status> verdict = hub_.permit(grant, action, channel);
  return verdict.ready() ? verdict.value() : Status::kNotPermitted;
}

// Returns the subscription by which the client is in the room, or nullptr.
Session::Subscription* Session::member_of(std::string_view channel) {
  auto found = find(channel);
  bool member = found != subscriptions_.end() && found->second.room() && !found->second.leaving();
  return member ? &found->second : nullptr;
}

// The client sees who comes and goes if it asks for that and may see who is there, or if a token or the room says so.
// It gets deltas if it asks for them and the room has them.
Session::Subscription& Session::add(const std::string& channel, const InvitationPtr& invitation, bool watching,
                                    bool delta) {
  bool watches = watching && judge(Action::kPresence, channel, grant_as_member(invitation)) == Status::kOk;
  const RoomSettings& settings = hub_.settings_of(channel);
  bool forced = settings.force_join_leave;
  if (invitation) forced = invitation->override.force_push_join_leave.value_or(forced);
  bool deltas = delta && settings.delta == Delta::kFossil;
  KindId kind = structured_kind(encoding_, watches || forced, deltas);
  if (link_.packs()) kind = packed_kind(kind);
  return subscriptions_.try_emplace(channel, *this, channel, kind, invitation).first->second;
}

Deferred<Status> Session::join(Subscription& subscription, Time now) {
  Grant grant;
  if (guest_) grant.user = guest_->user;
  grant.invited = subscription.invitation() != nullptr;
  return hub_.join(subscription, {subscription.name(), 0, link_.origin(), grant}, now);
}

void Session::subscribe(Command& command, Time now) {
  Request& request = command.request;
  Wish wish;
  wish.channel = request.text("channel");
  std::string token = request.text("token");
  bool recovering = request.flag("recover");
  Position place;
  place.offset = request.number("offset");
  place.epoch = request.text("epoch");
  if (recovering) wish.seen = std::move(place);
  wish.watching = request.flag("join_leave");
  std::string delta = request.text("delta");
  wish.delta = delta == kFossil;
  wish.whole = request.signed_number("flag", INT64_MIN, INT64_MAX) & kRejectUnrecovered;
  bool plain = request.signed_number("type", INT32_MIN, INT32_MAX) == 0;
  request.refuse({"tf"});
  const std::string channel = wish.channel;
  if (!request.problem().empty()) return refuse(command, ClientError::kBadRequest, request.problem());
  if (!delta.empty() && !wish.delta)
    return end({Status::kBadRequest, 0, "unknown type of delta, expected fossil"}, now);
  if (!is_room_name(channel))
    return refuse(command, ClientError::kBadRequest, "channel is no room name, expected " + std::string(kRoomNames));
  if (!plain) return refuse(command, ClientError::kNotAvailable, "rooms are streams, they have no keys");
  if (find(channel) != subscriptions_.end()) return refuse(command, ClientError::kAlreadySubscribed);
  if (subscriptions_.size() >= options_.max_subscriptions && joined_ < subscriptions_.size()) forget_ended();
  if (subscriptions_.size() >= options_.max_subscriptions)
    return refuse(command, ClientError::kLimitExceeded,
                  "one client may be in " + std::to_string(options_.max_subscriptions) + " rooms");
  bool ask = hub_.settings_of(channel).subscribe_hook && token.empty();
  if (ask) {
    // The back end is not asked about rooms that cannot be.
    Grant let_in;
    let_in.approved = true;
    Status possible = judge(Action::kJoin, channel, let_in);
    if (possible != Status::kOk) return refuse_for(command, possible);
  }
  wish.command.id = command.id;
  wish.command.name = command.name;
  asking_for_ = channel;
  std::string_view data = request.json("data");
  when(doorman_.invite({about_me(), channel, token, data}, ask, unix_seconds()),
       [this, wish = std::move(wish), now](const Outcome<InvitationPtr>& outcome) {
         if (outcome.denial) asking_for_.clear();
         if (outcome.denial) return deny(wish.command, *outcome.denial, now);
         invited(wish, outcome.value, now);
       });
}

// What a client would lose is known when the room is.
void Session::invited(const Wish& wish, const InvitationPtr& invitation, Time now) {
  bool asks = wish.whole && wish.seen && may_lose(wish, invitation);
  Deferred<Status> known = asks ? hub_.look_up(wish.channel, now, link_.origin()) : Deferred(Status::kOk);
  when(std::move(known), [this, wish, invitation, asks, now](Status status) {
    bool unwanted = asking_for_ != wish.channel;
    asking_for_.clear();
    if (unwanted) status = Status::kNotPermitted;
    if (status != Status::kOk) return refuse_for(wish.command, status);
    if (asks && would_lose(wish, now)) return refuse(wish.command, ClientError::kUnrecoverablePosition);
    let_in(wish, invitation, now);
  });
}

void Session::let_in(const Wish& wish, const InvitationPtr& invitation, Time now) {
  // The session ends when it has left the rooms that it was in by then.
  if (pending_end_ != Status::kOk) return refuse(wish.command, ClientError::kInternal, describe(pending_end_).text);
  // A back end may have put the client into the room meanwhile.
  if (find(wish.channel) != subscriptions_.end()) return refuse(wish.command, ClientError::kAlreadySubscribed);
  if (!claim(cost_of(wish.channel, invitation)))
    return refuse(wish.command, ClientError::kTooManyRequests, "clients hold too much memory, try again later");
  when(join(add(wish.channel, invitation, wish.watching, wish.delta), now),
       [this, wish, now](Status status) { subscribed(wish, status, now); });
}

void Session::subscribed(const Wish& wish, Status status, Time now) {
  auto place = subscriptions_.find(wish.channel);
  if (status == Status::kOk && (place->second.unwanted() || pending_end_ != Status::kOk)) {
    hub_.leave(place->second, now);
    status = Status::kNotPermitted;
  }
  if (status != Status::kOk) {
    forget(place);
    return refuse_for(wish.command, status);
  }
  ++joined_;
  reply(wish.command, join_result(place->second, Telling::kReply, wish.seen, now));
  if (place->second.expiry.at > 0) schedule_expiry(now);
}

// The result of a subscription that has just begun, for its client; kAgain: that had begun before. Precondition: it is
// a member.
std::string Session::join_result(Subscription& subscription, Telling how, const std::optional<Position>& seen,
                                 Time now) {
  const RoomSettings& settings = subscription.room()->settings();
  if (settings.presence) grace_ = std::max(grace_, settings.presence_grace);
  Grant grant = grant_for(&subscription);
  bool readable = settings.history.messages > 0 && judge(Action::kHistory, subscription.name(), grant) == Status::kOk;
  std::string publications;
  // In such a room a newcomer, too, is given the last message, as one that has seen nothing.
  bool given = readable && how != Telling::kAgain && settings.recovery_mode == RecoveryMode::kAutoCache;
  bool recovering = seen || given;
  const Position from = seen ? *seen : Position();
  size_t space = how == Telling::kPush || scarce() ? 0 : kMaxUntaken;
  bool recovered = recovering && readable && recover(subscription, from, space, publications, now);
  std::string result;
  auto add = [&](std::string_view field) { result.append(result.empty() ? "" : ",").append(field); };
  if (readable) {
    // The client counts each publication from the position that it recovers from.
    uint64_t offset = recovered ? from.offset : subscription.room()->history().top();
    add("\"recoverable\":true,\"positioned\":true,\"epoch\":\"" + subscription.room()->epoch() +
        "\",\"offset\":" + std::to_string(offset));
  }
  if (subscription.deltas()) add("\"delta\":true");
  if (recovering && how == Telling::kReply)
    add(std::string("\"was_recovering\":true,\"recovered\":") + (recovered ? "true" : "false"));
  if (!publications.empty()) add("\"publications\":[" + publications + "]");
  if (subscription.expiry.at > 0 && !subscription.by_server() && !server_renews(subscription))
    add(ttl_of(subscription.expiry.at));
  const Invitation* invitation = subscription.invitation().get();
  if (invitation && !invitation->data.empty()) add("\"data\":" + invitation->data);
  return "{" + result + "}";
}

// Returns true if the client is promised everything that it has missed in the room.
bool Session::may_lose(const Wish& wish, const InvitationPtr& invitation) {
  const RoomSettings& settings = hub_.settings_of(wish.channel);
  return settings.recovery_mode == RecoveryMode::kStream && settings.history.messages > 0 &&
         judge(Action::kHistory, wish.channel, grant_as_member(invitation)) == Status::kOk;
}

// Returns true if a client that comes back to the room would miss something.
bool Session::would_lose(const Wish& wish, Time now) {
  Room* room = hub_.find(wish.channel);
  if (!room) return wish.seen->offset > 0 || !wish.seen->epoch.empty();
  (void)hub_.history(*room, now);  // drops what is too old
  return !recover_after(*room, *wish.seen).whole;
}

// Gives what was published after that position: the reply gets a first part of about `space` bytes, the hub sends the
// rest. Returns false if some of it is missing.
bool Session::recover(Subscription& subscription, const Position& seen, size_t space, std::string& publications,
                      Time now) {
  Recovery recovery = lws_chat::recover(hub_, subscription, &seen, now);
  if (!subscription.replaying()) return recovery.whole;
  const History& history = subscription.room()->history();
  // What only the journal has comes later, as pushes.
  if (recovery.next < history.first()) return true;
  History::Reader reader = history.from(recovery.next);
  DataForm form = form_of_earlier(encoding_, subscription.deltas());
  while (reader.offset() <= history.top() && publications.size() < space)
    append_entry(publications, reader.next(), true, form);
  uint64_t given = reader.offset() - recovery.next;
  hub_.counters().deliveries += given;
  hub_.counters().replayed += given;
  cost_ += given / kPerCost;
  hub_.replay_from(subscription, reader.offset());
  return true;
}

bool Session::unsubscribe(Command& command, Time now) {
  std::string channel = command.request.text("channel");
  if (!command.request.problem().empty()) {
    refuse(command, ClientError::kBadRequest, command.request.problem());
    return true;
  }
  auto found = find(channel);
  if (found != subscriptions_.end()) {
    // Earlier messages come before the reply, if the connection takes them. The rest of half a message must.
    flush_replies();
    hub_.pump(found->second, now);
    if (ended_) return true;
    if (speaking_ == &found->second) return false;
    if (found->second.room()) --joined_;
    hub_.leave(found->second, now);
    forget(found);
  }
  reply(command, "{}");
  return true;
}

// Finds the subscription to that room. Forgets it if the hub has ended it.
Session::Subscriptions::iterator Session::find(std::string_view channel) {
  auto found = subscriptions_.find(channel);
  if (found == subscriptions_.end() || found->second.room() || found->second.joining() || ended_ ||
      pending_end_ != Status::kOk)
    return found;
  forget(found);
  return subscriptions_.end();
}

// Forgets the subscriptions that the hub has ended.
void Session::forget_ended() {
  for (auto at = subscriptions_.begin(); at != subscriptions_.end();) {
    bool ended = !at->second.room() && !at->second.joining();
    at = ended ? forget(at) : std::next(at);
  }
}

// A back end puts the client into a room.
Status Session::invite(std::string_view room, const InvitationPtr& invitation, const Position* seen, Time now) {
  if (ended_ || connecting_ || pending_end_ != Status::kOk) return Status::kGoingAway;
  std::string channel(room);
  std::optional<Position> position;
  if (seen) position = *seen;
  auto found = find(room);
  if (found != subscriptions_.end()) {
    // It is there already. Centrifugo tells the client once more.
    std::string text;
    if (found->second.room())
      append_subscribe_push(text, room, join_result(found->second, Telling::kAgain, std::nullopt, now));
    if (!text.empty()) push(text);
    return Status::kOk;
  }
  if (subscriptions_.size() >= options_.max_subscriptions) forget_ended();
  if (subscriptions_.size() >= options_.max_subscriptions) return Status::kTooManyRooms;
  if (!claim(cost_of(channel, invitation))) return Status::kNoMemory;
  Subscription& subscription = add(channel, invitation, false, false);
  subscription.set_by_server();
  // Made before the join: afterwards, a lack of memory must not keep the session from knowing that it is a member.
  auto act = [this, channel, position = std::move(position), now](Status status) {
    put_in(channel, position, status, now);
  };
  join(subscription, now).then(lifetime_, std::move(act));
  return Status::kOk;
}

// The client has become a member by a back end's wish, or not.
void Session::put_in(const std::string& channel, const std::optional<Position>& seen, Status status, Time now) {
  auto place = subscriptions_.find(channel);
  if (place == subscriptions_.end()) return;
  if (status != Status::kOk) return void(forget(place));
  if (place->second.unwanted() || pending_end_ != Status::kOk) {
    hub_.leave(place->second, now);
    return void(forget(place));
  }
  ++joined_;
  try {
    std::string text;
    append_subscribe_push(text, channel, join_result(place->second, Telling::kPush, seen, now));
    push(text);
    schedule_expiry(now);
  } catch (const std::exception&) {
    // The client does not know that it is in the room.
    end({Status::kInternalError}, now);
  }
}

// A back end takes the client out of a room, or out of all of them.
void Session::dismiss(std::string_view room, Time now) {
  if (ended_ || pending_end_ != Status::kOk) return;
  if (!asking_for_.empty() && (room.empty() || room == asking_for_)) asking_for_.clear();
  for (auto& [name, subscription] : subscriptions_) {
    bool meant = room.empty() || room == name;
    // A subscription that is still joining leaves as soon as it has joined.
    if (meant && subscription.joining()) subscription.set_unwanted();
    if (meant && subscription.room()) hub_.dismiss_after_head(subscription, Status::kUnsubscribed, now);
  }
}

}  // namespace lws_chat
