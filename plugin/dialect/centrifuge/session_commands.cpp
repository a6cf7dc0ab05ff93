// The session's commands that neither begin it nor change its rooms.
#include <memory>
#include <string>
#include <utility>

#include "dialect/centrifuge/connecting.h"
#include "dialect/centrifuge/history_query.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/room_query.h"
#include "dialect/centrifuge/session.h"
#include "dialect/centrifuge/subscription.h"
#include "wire/base64.h"

namespace lws_chat {
namespace {

// This many members or messages in a reply cost as much as one command.
constexpr size_t kPerCost = 100;

}  // namespace

Command Session::ticket_of(const Command& command) {
  Command ticket;
  ticket.id = command.id;
  ticket.name = command.name;
  return ticket;
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
    case Method::kRpc: return rpc(command, now);
    case Method::kRefresh: return refresh(command, now);
    case Method::kSubRefresh: return sub_refresh(command, now);
    case Method::kUnknown: return refuse(command, ClientError::kMethodNotFound, command.name.substr(0, 50));
    case Method::kNone: return refuse(command, ClientError::kBadRequest, "no method");
  }
}

void Session::refuse_scarce(const Command& command) {
  refuse(command, ClientError::kTooManyRequests, "clients leave too much unread, try again later");
}

void Session::publish(Command& command, Time now) {
  std::string channel = command.request.text("channel");
  std::string_view json = command.request.json("data");
  std::string_view data = json;
  std::string base64, bytes;
  if (encoding_ == Encoding::kProtobuf) base64 = command.request.text("b64data");
  Format format = base64.empty() || !json.empty() ? Format::kJson : Format::kBinary;
  if (!base64.empty()) data = bytes = decode_base64(base64).value_or("");
  bool plain = command.request.signed_number("type", INT32_MIN, INT32_MAX) == 0;
  if (!command.request.problem().empty()) return refuse(command, ClientError::kBadRequest, command.request.problem());
  if (!is_room_name(channel)) return refuse(command, ClientError::kBadRequest, "channel is no room name");
  if (!plain) return refuse(command, ClientError::kNotAvailable, "rooms are streams, they have no keys");
  if (data.empty()) return refuse(command, ClientError::kBadRequest, "data is missing");
  if (!hub_.settings_of(channel).publish_hook) return publish_draft(command, {channel, data, format}, now);
  Grant grant = grant_for(member_of(channel));
  grant.approved = true;
  Status possible = judge(Action::kPublish, channel, grant);
  if (possible != Status::kOk) return refuse_for(command, possible);
  PublishQuestion question{about_me(), channel, json, json.empty() ? std::string_view(base64) : std::string_view()};
  when(doorman_.ask_to_publish(question), [this, ticket = ticket_of(command), channel, said = std::string(data), format,
                                           now](const Outcome<PublishResult>& outcome) {
    if (outcome.denial) return deny(ticket, *outcome.denial, now);
    const PublishResult& result = outcome.value;
    bool other = !result.data.empty();
    Draft draft{channel, said, format, result.tags, result.skip_history, true, result.version, result.version_epoch};
    if (other) draft.data = result.data;
    if (other) draft.format = Format::kJson;
    publish_draft(ticket, draft, link_.now());
  });
}

void Session::publish_draft(const Command& command, const Draft& draft, Time now) {
  const std::string& word = options_.close_word;
  bool closes = !word.empty() && draft.format == Format::kJson && draft.data.front() == '"' &&
                unquoted({JsonKind::kString, draft.data}) == word;
  const Subscription* subscription = member_of(draft.channel);
  std::string_view info = subscription ? subscription->info() : std::string_view(identity_->json);
  Message message{draft.data,      draft.format,    info,          draft.tags,
                  draft.ephemeral, link_.unix_ms(), draft.version, draft.version_epoch};
  Grant grant = grant_for(subscription);
  grant.approved = draft.approved;
  Deferred<Published> result = hub_.publish(grant, {draft.channel, message, link_.origin()}, now);
  if (result.ready()) return published(command, closes, result.value());
  when(std::move(result),
       [this, ticket = ticket_of(command), closes](const Published& late) { published(ticket, closes, late); });
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

void Session::rpc(Command& command, Time now) {
  std::string method = command.request.text("method");
  if (!command.request.problem().empty()) return refuse(command, ClientError::kBadRequest, command.request.problem());
  if (!doorman_.has_hook(HookKind::kRpc)) return refuse(command, ClientError::kNotAvailable, "no rpc is served here");
  when(doorman_.ask_rpc({about_me(), method, command.request.json("data")}),
       [this, ticket = ticket_of(command), now](const Outcome<RpcResult>& outcome) {
         if (outcome.denial) return deny(ticket, *outcome.denial, now);
         const std::string& data = outcome.value.data;
         reply(ticket, data.empty() ? "{}" : "{\"data\":" + data + "}");
       });
}

// The hub has refused the command.
void Session::refuse_for(const Command& command, Status why) {
  switch (why) {
    case Status::kTooManyRooms: return refuse(command, ClientError::kLimitExceeded, describe(why).text);
    case Status::kNotPermitted:
    case Status::kForced: return refuse(command, ClientError::kPermissionDenied);
    case Status::kNoMemory: return refuse(command, ClientError::kTooManyRequests, describe(why).text);
    case Status::kTokenExpired: return refuse(command, ClientError::kTokenExpired);
    case Status::kUnknownNamespace: return refuse(command, ClientError::kUnknownChannel);
    case Status::kBadRoomName: return refuse(command, ClientError::kBadRequest, describe(why).text);
    case Status::kNoHook: return refuse(command, ClientError::kNotAvailable, describe(why).text);
    default: return refuse(command, ClientError::kInternal, describe(why).text);
  }
}

// A token or a back end has refused the command, or the client.
void Session::deny(const Command& command, const Denial& denial, Time now) {
  link_.note_denial(denial);
  if (denial.disconnects) return end({denial.why, 0, denial.message, static_cast<uint16_t>(denial.code)}, now);
  if (denial.code == 0) return refuse_for(command, denial.why);
  std::string text;
  append_error(text, command.id, denial.code, denial.message, denial.temporary);
  replies_.add({text});
}

// Replies with the answer about a room.
void Session::answer(const Command& command, const RoomAnswer& answer) {
  cost_ += answer.items / kPerCost;
  if (answer.error) return refuse(command, *answer.error, answer.detail);
  reply(command, answer.text());
}

// An answer about a room must not overtake its earlier messages. Returns false if the session has ended: a write may
// end it. It may also end the membership, if a back end has asked for that.
bool Session::catch_up(std::string_view channel, Time now) {
  auto found = find(channel);
  if (found == subscriptions_.end()) return !ended_;
  flush_replies();
  hub_.pump(found->second, now);
  return !ended_;
}

// Asks about a room, if the client may.
template <typename Query>
void Session::query(Command& command, Action action, Time now, Query query) {
  std::string channel = command.request.text("channel");
  if (!command.request.problem().empty()) return refuse(command, ClientError::kBadRequest, command.request.problem());
  if (!is_room_name(channel)) return refuse(command, ClientError::kBadRequest, "channel is no room name");
  if (!catch_up(channel, now)) return;
  when(hub_.permit(grant_for(member_of(channel)), action, channel),
       [this, ticket = ticket_of(command), channel, query](Status status) {
         if (status != Status::kOk) return refuse_for(ticket, status);
         when(query(channel), [this, ticket](const RoomAnswer& found) { answer(ticket, found); });
       });
}

void Session::presence(Command& command, Time now) {
  query(command, Action::kPresence, now,
        [this, now](std::string_view channel) { return query_presence(hub_, channel, now); });
}

void Session::presence_stats(Command& command, Time now) {
  query(command, Action::kPresence, now,
        [this, now](std::string_view channel) { return query_presence_stats(hub_, channel, now); });
}

void Session::history(Command& command, Time now) {
  std::string problem;
  HistoryRange range = read_history_range(command.request, problem);
  if (!problem.empty()) return refuse(command, ClientError::kBadRequest, problem);
  DataForm form = form_of_earlier(encoding_, false);
  query(command, Action::kHistory, now, [this, range, form, now](std::string_view channel) {
    return query_history(hub_, channel, range, true, now, form);
  });
}

}  // namespace lws_chat
