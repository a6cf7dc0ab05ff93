#include "dialect/arrival.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/hub.h"

namespace lws_chat {

InvitationPtr invitation_of(const ServerSubscription& subscription) {
  auto invitation = std::make_shared<Invitation>();
  invitation->info = subscription.info;
  invitation->data = subscription.data;
  invitation->override = subscription.override;
  invitation->expires_at = subscription.expires_at;
  invitation->by_server = true;
  return invitation;
}

HookClient Pass::about() const {
  HookClient about;
  about.client = client;
  about.transport = transport;
  about.protocol = protocol;
  about.headers = headers.get();
  if (!guest) return about;
  about.user = guest->user;
  about.meta = guest->meta;
  return about;
}

Grant Pass::grant(size_t room, bool member) const {
  Grant grant;
  grant.user = user();
  grant.member = member;
  grant.invited = rooms[room].invitation != nullptr;
  return grant;
}

size_t Pass::bytes() const {
  constexpr size_t kIdentity = 512;
  size_t bytes = sizeof(Pass) + kIdentity;
  // The info is in the identity once more.
  if (guest) bytes += guest->user.size() + 2 * guest->info.size() + guest->data.size() + guest->meta.size();
  if (guest)
    for (const ServerSubscription& room : guest->rooms) bytes += sizeof room + room.room.size();
  for (const Room& room : rooms) {
    bytes += sizeof room + room.name.size();
    if (room.invitation) bytes += sizeof(Invitation) + 2 * room.invitation->info.size() + room.invitation->data.size();
  }
  return bytes;
}

Arrival::Arrival(const Place& place, std::string token, Pass pass, int64_t unix_seconds)
    : place_(place),
      token_(std::move(token)),
      pass_(std::move(pass)),
      today_(unix_seconds),
      needs_pass_(!token_.empty() || asks_somebody()) {}

bool Arrival::asks_somebody() const {
  if (!place_.doorman.admits_anybody()) return true;
  return std::any_of(pass_.rooms.begin(), pass_.rooms.end(), [&](const Pass::Room& room) {
    const RoomSettings& settings = place_.hub.settings_of(room.name);
    return settings.subscribe_hook || settings.publish_hook;
  });
}

// Acts on an answer, now or when it comes. Who answers does so once. If there is no memory to act on it, the client is
// denied, instead of waiting for ever.
template <typename T, typename Act>
void Arrival::when(Deferred<T> answer, Act act) {
  if (answer.ready()) return act(answer.value());
  answer.then(lifetime_, [this, act = std::move(act)](const T& value) mutable {
    try {
      act(value);
    } catch (const std::exception&) {
      deny(Denial::error(Status::kInternalError));
    }
    if (answered_ && later_) std::exchange(later_, nullptr)();
  });
}

bool Arrival::ask(std::function<void()> later) {
  auto act = [this](const Outcome<GuestPtr>& outcome) { admitted(outcome); };
  if (!token_.empty()) {
    when(place_.doorman.admit_by_any_token(token_, today_), act);
    token_.clear();
  } else {
    std::vector<std::string> rooms;
    for (const Pass::Room& room : pass_.rooms) rooms.push_back(room.name);
    ConnectQuestion question{pass_.about()};
    question.rooms = &rooms;
    when(place_.doorman.admit({}, question, today_), act);
  }
  if (!answered_) later_ = std::move(later);
  return answered_;
}

void Arrival::admitted(const Outcome<GuestPtr>& outcome) {
  if (outcome.denial) return deny(*outcome.denial);
  pass_.guest = outcome.value;
  next_room();
}

void Arrival::next_room() {
  if (next_ == pass_.rooms.size()) {
    answered_ = true;
    return;
  }
  const std::string& name = pass_.rooms[next_].name;
  if (pass_.guest)
    for (const ServerSubscription& chosen : pass_.guest->rooms)
      if (chosen.room == name) return invited(invitation_of(chosen));
  bool ask = place_.hub.settings_of(name).subscribe_hook;
  if (ask) {
    // The back end is not asked about rooms that cannot be.
    Grant let_in;
    let_in.approved = true;
    Deferred<Status> possible = place_.hub.permit(let_in, Action::kJoin, name);
    if (possible.ready() && possible.value() != Status::kOk) return deny(Denial::error(possible.value()));
  }
  when(place_.doorman.invite({pass_.about(), name}, ask, today_),
       [this](const Outcome<InvitationPtr>& outcome) { invited(outcome); });
}

void Arrival::invited(const Outcome<InvitationPtr>& outcome) {
  if (outcome.denial) return deny(*outcome.denial);
  Pass::Room& room = pass_.rooms[next_];
  room.invitation = outcome.value;
  if (room.invitation) room.expiry.at = room.invitation->expires_at;
  judge_join();
}

void Arrival::judge_join() {
  when(place_.hub.permit(pass_.grant(next_, false), Action::kJoin, pass_.rooms[next_].name), [this](Status status) {
    if (status != Status::kOk) return deny(Denial::error(status));
    ++next_;
    next_room();
  });
}

void Arrival::deny(Denial denial) {
  denial_ = std::move(denial);
  answered_ = true;
}

}  // namespace lws_chat
