// The protocol's commands, as a session runs them.
#include <algorithm>
#include <exception>
#include <utility>

#include "core/recovery.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/room_query.h"
#include "dialect/centrifuge/subscription.h"
#include "dialect/client_info.h"
#include "dialect/stream_kinds.h"

namespace lws_chat {
namespace {

// The longest data of `connect`, in bytes.
constexpr size_t kMaxConnectData = 4096;

// About the cost of a known client in bytes, in addition to its data.
constexpr size_t kIdentity = 512;
constexpr Time kSecond = 1'000'000;

// This many members or messages in a reply cost as much as one command.
constexpr size_t kPerCost = 100;

}  // namespace

// The hub answers once. A session that cannot act on the answer ends, instead of waiting for ever.
template <typename Act>
void Session::act_late(Time now, Act&& act) {
  try {
    act();
    answered();
  } catch (const std::exception&) {
    end({Status::kInternalError}, now);
  }
}

void Session::perform(Command& command, Time now) {
  switch (command.method) {
    case Method::kConnect: return connect(command, now);
    case Method::kSubscribe: return subscribe(command, now);
    case Method::kUnsubscribe: return;  // done already
    case Method::kPublish: return publish(command, now);
    case Method::kPresence: return scarce() ? refuse_scarce(command) : presence(command, now);
    case Method::kPresenceStats: return presence_stats(command, now);
    case Method::kHistory: return scarce() ? refuse_scarce(command) : history(command, now);
    case Method::kPing: return reply(command, "{}");
    case Method::kSend: return;
    case Method::kRpc: return refuse(command, ClientError::kMethodNotFound, "no rpc is served here");
    case Method::kRefresh:
    case Method::kSubRefresh: return refuse(command, ClientError::kNotAvailable, "nothing expires here");
    case Method::kUnknown: return refuse(command, ClientError::kMethodNotFound, command.name.substr(0, 50));
    case Method::kNone: return refuse(command, ClientError::kBadRequest, "no method");
  }
}

void Session::refuse_scarce(const Command& command) {
  refuse(command, ClientError::kTooManyRequests, "clients leave too much unread, try again later");
}

void Session::connect(Command& command, Time now) {
  std::string_view data = command.request.json("data");
  if (data.size() > kMaxConnectData)
    return refuse(command, ClientError::kLimitExceeded,
                  "data is larger than " + std::to_string(kMaxConnectData) + " bytes");
  size_t before = claimed_.bytes();
  if (!claim(kIdentity + 3 * data.size())) return end({Status::kNoMemory}, now);
  std::string problem = identify(data, now);
  if (!problem.empty()) {
    claimed_.set(before);
    return refuse(command, ClientError::kBadRequest, "data: " + problem);
  }
  link_.connected();
  std::string result = "{\"client\":\"" + identity_->client + "\",\"version\":\"lws-chat " LWS_CHAT_VERSION "\"";
  if (options_.ping_interval > 0)
    result += ",\"ping\":" + std::to_string(options_.ping_interval / kSecond) + ",\"pong\":true";
  reply(command, result + "}");
}

// Reads the client's identity from `data`. Returns the problem with it, or an empty text.
std::string Session::identify(std::string_view data, Time now) {
  Request fields;
  std::vector<JsonMember> members;
  std::string_view rest = data;
  if (take_object(rest, members)) fields = Request(std::move(members));
  std::string user = fields.text("user");
  std::string session = fields.text("session");
  if (!fields.problem().empty()) return fields.problem();
  std::string_view info = fields.json("info");
  if (info.empty() && session.empty()) info = data;
  if (info == "null") info = {};
  if (!session.empty())
    key_ = key_of(session);
  else if (!data.empty() && data != "null" && data != "{}")
    key_ = "data " + std::string(data);

  Session* before = session.empty() ? nullptr : sessions_.of_key(key_);
  if (before) before->end({Status::kReplaced}, now);
  if (!key_.empty()) identity_ = hub_.presence().departed().take(key_, now);
  IdentityPtr fresh = make_identity(identity_ ? identity_->client : hub_.next_id(), user, info);
  // A client that now says something else about itself is another client, even with the same session.
  if (!identity_ || identity_->json != fresh->json)
    identity_ = identity_ ? make_identity(hub_.next_id(), user, info) : fresh;
  named_ = !session.empty();
  sessions_.add(*this, *identity_, named_ ? std::string_view(key_) : std::string_view(), place_);
  return {};
}

void Session::subscribe(Command& command, Time now) {
  Request& request = command.request;
  std::string channel = request.text("channel");
  bool recovering = request.flag("recover");
  Position place;
  place.offset = request.number("offset");
  place.epoch = request.text("epoch");
  std::optional<Position> seen;
  if (recovering) seen = std::move(place);
  bool watching = request.flag("join_leave");
  if (!request.problem().empty()) return refuse(command, ClientError::kBadRequest, request.problem());
  if (!is_room_name(channel))
    return refuse(command, ClientError::kBadRequest, "channel is no room name, expected " + std::string(kRoomNames));
  if (find(channel) != subscriptions_.end()) return refuse(command, ClientError::kAlreadySubscribed);
  if (subscriptions_.size() >= options_.max_subscriptions && joined_ < subscriptions_.size()) forget_ended();
  if (subscriptions_.size() >= options_.max_subscriptions)
    return refuse(command, ClientError::kLimitExceeded,
                  "one client may be in " + std::to_string(options_.max_subscriptions) + " rooms");
  if (!claim(cost_of(channel)))
    return refuse(command, ClientError::kTooManyRequests, "clients hold too much memory, try again later");
  KindId kind = watching ? kWatchingKind : kStructuredKind;
  Subscription& subscription = subscriptions_.try_emplace(channel, *this, channel, kind).first->second;
  Deferred<Status> joined = hub_.join(subscription, {channel, 0, link_.origin()}, now);
  if (joined.ready()) return subscribed(command, channel, seen, joined.value(), now);
  await();
  joined.then(lifetime_, [this, id = command.id, name = command.name, channel, seen, now](Status status) {
    Command late;
    late.id = id;
    late.name = name;
    act_late(now, [&] { subscribed(late, channel, seen, status, now); });
  });
}

void Session::subscribed(const Command& command, const std::string& channel, const std::optional<Position>& seen,
                         Status status, Time now) {
  auto place = subscriptions_.find(channel);
  if (status == Status::kOk && place->second.unwanted()) {
    hub_.leave(place->second, now);
    status = Status::kNotPermitted;
  }
  if (status != Status::kOk) {
    forget(place);
    return refuse_for(command, status);
  }
  Subscription& subscription = place->second;
  ++joined_;
  const RoomSettings& settings = subscription.room()->settings();
  if (settings.presence) grace_ = std::max(grace_, settings.presence_grace);

  std::string publications;
  bool recovered = seen && recover(subscription, *seen, publications, now);
  std::string result = "{";
  if (settings.history.messages > 0)
    // The client counts each publication from the position that it recovers from.
    result += "\"recoverable\":true,\"positioned\":true," +
              position(subscription, recovered ? seen->offset : subscription.room()->history().top());
  if (seen) {
    result += result.size() > 1 ? "," : "";
    result += std::string("\"was_recovering\":true,\"recovered\":") + (recovered ? "true" : "false");
  }
  if (!publications.empty()) result += ",\"publications\":[" + publications + "]";
  reply(command, result + "}");
}

std::string Session::position(Subscription& subscription, uint64_t offset) const {
  return "\"epoch\":\"" + subscription.room()->epoch() + "\",\"offset\":" + std::to_string(offset);
}

// Gives what was published after that position: the reply gets the first part, the hub sends the rest. Returns false
// if some of it is missing.
bool Session::recover(Subscription& subscription, const Position& seen, std::string& publications, Time now) {
  Recovery recovery = lws_chat::recover(hub_, subscription, &seen, now);
  if (!subscription.replaying()) return recovery.whole;
  const History& history = subscription.room()->history();
  History::Reader reader = history.from(recovery.next);
  size_t room_left = scarce() ? 0 : kMaxUntaken;
  while (reader.offset() <= history.top() && publications.size() < room_left)
    append_entry(publications, reader.next(), true);
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

// Returns the subscription that a command is about; nullptr: the command was refused.
Session::Subscription* Session::member_of(Command& command, Time now) {
  std::string channel = command.request.text("channel");
  if (!command.request.problem().empty()) {
    refuse(command, ClientError::kBadRequest, command.request.problem());
    return nullptr;
  }
  auto found = find(channel);
  bool member = found != subscriptions_.end();
  if (member && command.method != Method::kPublish) {
    // The answer must not overtake earlier messages. A write may end the session. It may also end the membership, if a
    // back end has asked for that.
    flush_replies();
    hub_.pump(found->second, now);
    if (ended_) return nullptr;
  }
  if (member && found->second.room() && !found->second.leaving()) return &found->second;
  refuse(command, ClientError::kPermissionDenied, "not subscribed to the channel");
  return nullptr;
}

void Session::publish(Command& command, Time now) {
  std::string_view data = command.request.json("data");
  Subscription* subscription = member_of(command, now);
  if (!subscription) return;
  if (data.empty()) return refuse(command, ClientError::kBadRequest, "data is missing");
  const std::string& word = options_.close_word;
  bool closes = !word.empty() && data.front() == '"' && unquoted({JsonKind::kString, data}) == word;
  Message message{data, Format::kJson, identity_->json, {}, false, link_.unix_ms()};
  Deferred<Published> result = hub_.publish({}, {subscription->name(), message}, now);
  if (result.ready()) return published(command, closes, result.value());
  await();
  result.then(lifetime_, [this, id = command.id, name = command.name, closes](const Published& late) {
    Command of_then;
    of_then.id = id;
    of_then.name = name;
    act_late(late.at, [&] { published(of_then, closes, late); });
  });
}

void Session::published(const Command& command, bool closes, const Published& result) {
  // The publication may have dismissed slow readers, also this client.
  if (ended_) return;
  if (result.status != Status::kOk) return refuse_for(command, result.status);
  reply(command, "{}");
  if (!closes) return;
  flush_replies();
  end_after_head(Status::kClosedOnRequest, result.at);
}

// The hub has refused the command.
void Session::refuse_for(const Command& command, Status why) {
  switch (why) {
    case Status::kTooManyRooms: return refuse(command, ClientError::kLimitExceeded, describe(why).text);
    case Status::kNotPermitted: return refuse(command, ClientError::kPermissionDenied);
    case Status::kNoMemory: return refuse(command, ClientError::kTooManyRequests, describe(why).text);
    default: return refuse(command, ClientError::kInternal, describe(why).text);
  }
}

// Replies with the answer about a room.
void Session::answer(const Command& command, const RoomAnswer& answer) {
  cost_ += answer.items / kPerCost;
  if (answer.error) return refuse(command, *answer.error, answer.detail);
  reply(command, answer.text());
}

void Session::presence(Command& command, Time now) {
  if (Subscription* subscription = member_of(command, now))
    answer(command, query_presence(hub_, *subscription->room(), now));
}

void Session::presence_stats(Command& command, Time now) {
  if (Subscription* subscription = member_of(command, now))
    answer(command, query_presence_stats(hub_, *subscription->room(), now));
}

void Session::history(Command& command, Time now) {
  std::string problem;
  HistoryRange range = read_history_range(command.request, problem);
  if (!problem.empty()) return refuse(command, ClientError::kBadRequest, problem);
  if (Subscription* subscription = member_of(command, now))
    answer(command, query_history(hub_, *subscription->room(), range, true, now));
}

}  // namespace lws_chat
