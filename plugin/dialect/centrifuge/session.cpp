#include "dialect/centrifuge/session.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "core/release.h"
#include "dialect/centrifuge/connecting.h"
#include "dialect/centrifuge/protocol.h"
#include "dialect/centrifuge/reply.h"
#include "dialect/centrifuge/subscription.h"
#include "wire/frame.h"

namespace lws_chat {
Session::Session(Hub& hub, Sessions& sessions, Doorman& doorman, const Options& options, SessionLink& link,
                 Encoding encoding)
    : hub_(hub),
      sessions_(sessions),
      doorman_(doorman),
      options_(options),
      link_(link),
      encoding_(encoding),
      input_bytes_(hub.memory().input),
      claimed_(hub.memory().clients),
      replies_(encoding) {}

Session::~Session() = default;

void Session::receive(std::string_view message, Time now) {
  if (ended_ || pending_end_ != Status::kOk) return;
  if (!input_.empty() || waiting() || !link_.reads()) {
    // The connection was asked not to read; what it already had is bounded all the same.
    if (input_bytes_.bytes() > 2 * options_.max_message + kMaxUntaken) return end({Status::kTooFast}, now);
    return keep(message, now);
  }
  (void)run(message, now);
  if (!message.empty() && !ended_) keep(message, now);
}

void Session::keep(std::string_view message, Time now) {
  constexpr size_t kNode = 64;
  size_t bytes = input_bytes_.bytes() + kNode + message.size();
  if (!input_bytes_.may_be(bytes)) return end({Status::kNoMemory}, now);
  input_.emplace_back(message);
  input_bytes_.set(bytes);
}

// Returns true if the session may hold so many more bytes for the client. They count from now on.
bool Session::claim(size_t more) {
  size_t bytes = claimed_.bytes() + more;
  if (!claimed_.may_be(bytes)) return false;
  claimed_.set(bytes);
  return true;
}

// With an info of its own, the client has an identity of its own in the room.
size_t Session::cost_of(std::string_view channel, const InvitationPtr& invitation) {
  constexpr size_t kNode = 64;
  size_t cost = sizeof(Subscriptions::value_type) + kNode + channel.size();
  if (!invitation) return cost;
  size_t identity = invitation->info.empty() ? 0 : sizeof(Identity) + kMaxInfo / 4;
  return cost + sizeof(Invitation) + 2 * invitation->info.size() + invitation->data.size() + identity;
}

Session::Subscriptions::iterator Session::forget(Subscriptions::iterator subscription) {
  claimed_.set(claimed_.bytes() -
               std::min(claimed_.bytes(), cost_of(subscription->first, subscription->second.invitation())));
  return subscriptions_.erase(subscription);
}

// Runs the commands of a message and takes them off it, until there is a reason to wait. Returns true if there is none.
bool Session::run(std::string_view& commands, Time now) {
  bool wait = false;
  while (!commands.empty() && !wait && !ended_ && pending_end_ == Status::kOk) {
    std::string_view rest = commands;
    std::string_view command;
    if (!take_command(encoding_, rest, command)) {
      end({Status::kBadRequest, 0, "a command without its end"}, now);
      break;
    }
    cost_ = 1;
    bool done = handle(command, now);
    if (done) commands = rest;
    if (replies_.size() > kMaxUntaken) flush_replies();
    wait = !done || !link_.allow(cost_) || waiting();
    if (!done || waiting() || output_.size() - taken_ > (scarce() ? 0 : kMaxUntaken)) {
      wait = true;
      if (!held_) link_.hold_input(true);
      held_ = true;
    }
  }
  if (ended_ || pending_end_ != Status::kOk) commands = {};
  if (commands.empty()) ids_.clear();
  flush_replies();
  return !wait;
}

void Session::resume(Time now) {
  if (ended_) return;
  if (speaking_) hub_.pump(*speaking_, now);
  flush_replies();
  if (ended_ || speaking_ || !output_.empty()) return;
  serve_rooms(now);
  if (ended_ || speaking_ || waiting()) return;
  if (held_) {
    held_ = false;
    link_.hold_input(false);
  }
  if (input_.empty() || !link_.allow(0)) return;
  std::list<std::string> waiting = std::move(input_);
  input_.clear();
  input_bytes_.set(0);
  bool go_on = true;
  for (const std::string& message : waiting) {
    std::string_view rest = message;
    if (go_on) go_on = run(rest, now);
    if (ended_ || pending_end_ != Status::kOk) return;
    if (!rest.empty()) keep(rest, now);
  }
}

// The room after the last one served comes first, so that all rooms get their turn when the client takes little.
void Session::serve_rooms(Time now) {
  auto at = subscriptions_.lower_bound(next_served_);
  for (size_t left = subscriptions_.size(); left > 0 && !ended_; --left, ++at) {
    if (at == subscriptions_.end()) at = subscriptions_.begin();
    if (!at->second.behind()) continue;
    if (!link_.ready()) {
      next_served_ = at->first;
      return;
    }
    hub_.pump(at->second, now);
  }
}

bool Session::behind() const {
  if (ended_) return false;
  return speaking_ || !output_.empty() ||
         std::any_of(subscriptions_.begin(), subscriptions_.end(),
                     [](const auto& entry) { return entry.second.behind(); });
}

// Nothing waits any more, unless the answer has led to another question.
void Session::answered() {
  if (waiting() || ended_) return;
  flush_replies();
  if (!ended_) link_.ask_to_resume();
}

// Returns true if the command is done. If not, it has to be tried again when the client has taken more.
bool Session::handle(std::string_view text, Time now) {
  if (encoding_ == Encoding::kJson && text.find_first_not_of(" \t\r") == std::string_view::npos) return true;
  std::string json;
  Command command;
  if (!read(text, json, command)) {
    bool in_json = encoding_ == Encoding::kJson;
    end({Status::kBadRequest, 0, in_json ? "not a command in JSON" : "not a command in protobuf"}, now);
    return true;
  }
  if (command.method == Method::kNone && command.id == 0) return true;
  bool first = command.method == Method::kConnect;
  if (first == (identity_ != nullptr))
    return end({Status::kBadRequest, 0, first ? "connect for the second time" : "connect has to come first"}, now),
           true;
  // It has no reply, so only the close can tell the client that nobody takes it.
  if (command.method == Method::kSend) return end({Status::kNotServed, 0, "send is not served here"}, now), true;
  if (command.id == 0) {
    end({Status::kBadRequest, 0, "command without id"}, now);
    return true;
  }
  if (!command.problem.empty()) {
    refuse(command, ClientError::kBadRequest, command.problem);
    return true;
  }
  if (ids_.count(command.id)) {
    refuse(command, ClientError::kBadRequest, "the id was used before in the same message");
    return true;
  }
  if (command.method == Method::kUnsubscribe && !unsubscribe(command, now)) return false;
  ids_.insert(command.id);
  perform(command, now);
  return true;
}

// A command in protobuf is made into JSON, of which `command` has slices.
bool Session::read(std::string_view text, std::string& json, Command& command) const {
  if (encoding_ == Encoding::kJson) return read_command(text, command);
  if (!append_proto_as_json(json, kProtoCommand, text) || !read_command(json, command)) return false;
  bool takes_bytes = command.method == Method::kPublish || command.method == Method::kSend;
  bool are_json = command.request.json("b64data").empty() || !command.request.json("data").empty();
  if (!takes_bytes && !are_json) command.problem = "data must be JSON";
  return true;
}

void Session::reply(const Command& command, std::string_view result) {
  replies_.add({"{\"id\":", std::to_string(command.id), ",\"", command.name, "\":", result, "}"});
}

void Session::refuse(const Command& command, ClientError error, std::string_view detail) {
  std::string text;
  append_error(text, command.id, error, detail);
  replies_.add({text});
}

// Tells the client something that it has not asked for.
void Session::push(const std::string& json) {
  replies_.add({json});
  flush_replies();
  link_.ask_to_resume();
}

// Hands the replies to the connection, many in one message, as far as it takes them.
void Session::flush_replies() {
  if (!replies_.empty()) {
    // A long reply may wait for a long time: it gets no more memory than it needs.
    output_.reserve(output_.size() + framed_size(replies_.size()));
    FrameString frames(output_);
    replies_.append_to(frames);
    replies_.clear();
  }
  write_replies();
  note_untaken();
}

void Session::write_replies() {
  while (!ended_ && !speaking_ && taken_ < output_.size() && link_.ready()) {
    std::string_view rest = std::string_view(output_).substr(taken_);
    size_t piece = 0;
    do piece += first_frame(rest.substr(piece)).size;
    while (piece < rest.size() && piece < kMaxUntaken / 2);
    size_t taken = link_.write(nullptr, rest.substr(0, piece));
    if (taken == 0) return;
    taken_ += taken;
  }
  if (taken_ == output_.size()) {
    release(output_);
    ping_waits_ = false;
  } else if (taken_ > kMaxUntaken) {
    // A client that is always a little behind would otherwise let it grow for ever.
    release_front(output_, taken_);
  } else {
    return;
  }
  taken_ = 0;
}

void Session::note_untaken() {
  sessions_.untaken += output_.size() - noted_;
  noted_ = output_.size();
}

// A ping is an empty reply, which the client answers with an empty command. One ping that waits is enough.
void Session::ping() {
  if (ended_ || ping_waits_) return;
  ping_waits_ = true;
  Replies ping(encoding_);
  ping.add_ping();
  FrameString frames(output_);
  ping.append_to(frames);
  flush_replies();
}

void Session::end_after_head(Status why, Time now) {
  if (ended_ || pending_end_ != Status::kOk) return;
  pending_end_ = why;
  bool any = false;
  for (auto& [name, subscription] : subscriptions_) {
    if (!subscription.room()) continue;
    any = true;
    hub_.dismiss_after_head(subscription, why, now);
  }
  if (!any) end({why}, now);
}

// Whoever has chosen a room can choose it again. Behind half a message of the room nothing can be told.
bool Session::is_of_room_alone(const Subscription& subscription, Status why) const {
  if (why == Status::kGap) return !subscription.by_server() && speaking_ != &subscription;
  return why == Status::kUnsubscribed || why == Status::kSubscriptionOver;
}

// The hub has ended one membership. The objects stay, because the hub may be walking over them.
void Session::dismissed(Subscription& subscription, Ending ending, Time now) {
  if (ended_) return;
  --joined_;
  if (is_of_room_alone(subscription, ending.why)) {
    if (!tell_unsubscribed(subscription, ending.why)) return end({Status::kInternalError}, now);
    if (pending_end_ == Status::kOk) return link_.ask_to_resume();
    ending.why = pending_end_;
  }
  if (ending.why != pending_end_ || joined_ == 0) end(std::move(ending), now);
}

// Returns false if there is no memory for it.
bool Session::tell_unsubscribed(const Subscription& subscription, Status why) {
  // Of centrifugal.dev/docs/server/codes: SDKs subscribe again from 2500 on.
  unsigned code = 2000;
  std::string_view reason = "server unsubscribe";
  if (why == Status::kGap) {
    code = 2500;
    reason = "insufficient state";
  } else if (why == Status::kSubscriptionOver) {
    code = 2501;
    reason = describe(why).text;
  }
  try {
    std::string text;
    append_unsubscribe_push(text, subscription.name(), code, reason);
    replies_.add({text});
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

bool Session::is(std::string_view user, std::string_view client, std::string_view session) const {
  return identity_ && (user.empty() || user == identity_->user) && (client.empty() || client == identity_->client) &&
         (session.empty() || (name_at_ > 0 && std::string_view(key_).substr(name_at_) == session));
}

// Returns the frames that go out before the close; none if there is no memory for them.
std::string Session::last_frames(Status why) {
  // A close frame may stand in the middle of a message, others not.
  if (speaking_ || why == Status::kSlow || why == Status::kReplayLost || why == Status::kInternalError) return {};
  try {
    std::string frames = output_.substr(taken_);
    FrameString sink(frames);
    if (!replies_.empty()) replies_.append_to(sink);
    if (why == Status::kClosedOnRequest && !options_.close_reply.empty()) {
      Replies farewell(encoding_);
      farewell.add({message_push(options_.close_reply)});
      farewell.append_to(sink);
    }
    return frames;
  } catch (const std::exception&) {
    return {};
  }
}

void Session::end(Ending ending, Time now) {
  if (ended_) return;
  Status why = ending.why;
  std::string frames = last_frames(why);
  leave_all(now, describe(why).departure);
  link_.end(std::move(ending), std::move(frames));
}

void Session::lost(Time now, Hub::Departure departure) {
  if (!ended_) leave_all(now, departure);
}

// Without memory for it, the client comes back as another one.
void Session::remember_me(Time now) {
  try {
    hub_.presence().depart(key_, identity_, now + grace_, now);
  } catch (const std::exception&) {
    return;
  }
}

// Without memory for it, the other nodes forget it later.
void Session::forget_name() {
  try {
    if (name_at_ > 0 && identity_) hub_.presence().end(key_);
  } catch (const std::exception&) {
    return;
  }
}

void Session::leave_all(Time now, Hub::Departure departure) {
  ended_ = true;
  connecting_ = nullptr;
  lifetime_.end();
  // Only the session's own identity is the same one when the client comes back.
  for (auto& [name, subscription] : subscriptions_)
    hub_.leave(subscription, now, subscription.has_own_identity() ? Hub::Departure::kFinal : departure);
  sessions_.remove(place_);
  bool may_return = departure == Hub::Departure::kMayReturn && identity_ && !key_.empty() && grace_ > 0;
  may_return ? remember_me(now) : forget_name();
  release(output_);
  replies_.clear();
  taken_ = 0;
  input_.clear();
  input_bytes_.set(0);
  claimed_.set(0);
  note_untaken();
}

}  // namespace lws_chat
