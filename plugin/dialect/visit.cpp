#include "dialect/visit.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/hub.h"
#include "core/utf8.h"
#include "dialect/client_info.h"

namespace lws_chat {
namespace {

// Bytes of a back end's words in a close reason, which holds 123 together with ours.
constexpr size_t kMostWords = 75;

}  // namespace

// A back end's error has a number for structured clients. Others get the code of its cause, and the back end's words.
Ending ending_of(const Denial& denial) {
  if (denial.disconnects && denial.code) return {denial.why, 0, denial.message, static_cast<uint16_t>(denial.code)};
  if (denial.code && denial.why == Status::kNotPermitted)
    return {denial.temporary ? Status::kUnavailable : denial.why, 0,
            std::string(utf8_prefix(denial.message, kMostWords))};
  return {denial.why};
}

Visit::Visit(Arrival& arrival, const Options& options)
    : hub_(arrival.place().hub),
      sessions_(arrival.place().sessions),
      doorman_(arrival.place().doorman),
      options_(options),
      pass_(arrival.take_pass()),
      identity_(make_identity(pass_.client, pass_.user(), pass_.guest ? pass_.guest->info : std::string())),
      expiry_{pass_.guest ? pass_.guest->expires_at : 0},
      charge_(hub_.memory().clients) {}

Visit::~Visit() { leave(); }

bool Visit::begin() {
  if (!charge_.may_be(pass_.bytes())) return false;
  charge_.set(pass_.bytes());
  sessions_.add(*this, *identity_, {}, place_);
  return true;
}

// The token may have been revoked while a back end was asked.
void Visit::entered(Time now) {
  check_revoked(now);
  schedule_expiry(now);
}

void Visit::leave() {
  left_ = true;
  lifetime_.end();
  sessions_.remove(place_);
  charge_.set(0);
}

IdentityPtr Visit::identity_in(size_t room) const {
  const InvitationPtr& invitation = pass_.rooms[room].invitation;
  if (!invitation) return identity_;
  if (!invitation->override.presence.value_or(true)) return nullptr;
  return invitation->info.empty() ? identity_ : with_room_info(*identity_, invitation->info);
}

bool Visit::is(std::string_view user, std::string_view client, std::string_view session) const {
  return (user.empty() || user == identity_->user) && (client.empty() || client == identity_->client) &&
         session.empty();
}

// The client is in the rooms that its request names, and in no others.
Status Visit::invite(std::string_view room, const InvitationPtr&, const Position*, Time) {
  bool there =
      std::any_of(pass_.rooms.begin(), pass_.rooms.end(), [&](const Pass::Room& known) { return known.name == room; });
  return there ? Status::kOk : Status::kNotPermitted;
}

void Visit::renew(const Renewal& renewal, Time now) {
  if (left_) return;
  bool past = renewal.expires_at > 0 && renewal.expires_at <= unix_seconds();
  if (renewal.expired || past) return end({Status::kExpired}, now);
  expiry_.at = renewal.expires_at;
  schedule_expiry(now);
}

void Visit::check_revoked(Time now) {
  if (left_) return;
  int64_t today = unix_seconds();
  bool revoked = pass_.guest && doorman_.is_revoked(*pass_.guest, today);
  for (const Pass::Room& room : pass_.rooms)
    revoked = revoked || (room.invitation && doorman_.is_revoked(*room.invitation, pass_.user(), today));
  if (revoked) end({Status::kRevoked}, now);
}

bool Visit::server_renews(const Pass::Room& room) const {
  return hub_.settings_of(room.name).sub_refresh_hook && doorman_.has_hook(HookKind::kSubRefresh);
}

// The client cannot show a new token here, but it has the same time as others to come back with one.
int64_t Visit::due_at() const { return expiry_.due(server_renews(), options_.expiry_grace); }

int64_t Visit::due_at(const Pass::Room& room) const {
  return room.expiry.due(room.expiry.at > 0 && server_renews(room), options_.expiry_grace);
}

void Visit::schedule_expiry(Time now) {
  if (left_) return;
  int64_t due = due_at();
  for (const Pass::Room& room : pass_.rooms) due = std::min(due, due_at(room));
  if (due != kNotDue) call_at(now + wait_for(due, unix_seconds()));
}

void Visit::time_is_up(Time now) {
  if (left_) return;
  int64_t today = unix_seconds();
  if (due_at() < today) {
    if (!server_renews()) return end({Status::kExpired}, now);
    ask_to_renew();
  }
  for (Pass::Room& room : pass_.rooms) {
    if (left_) return;
    if (due_at(room) >= today) continue;
    if (!server_renews(room))
      return end({room.invitation->by_server ? Status::kRoomExpired : Status::kSubscriptionOver}, now);
    ask_to_renew(room);
  }
  schedule_expiry(now);
}

// The back end answers once. A visit that cannot act on the answer ends, instead of lasting for ever.
template <typename Act>
void Visit::ask(Deferred<Outcome<RefreshResult>> answer, Act act) {
  answer.then(lifetime_, [this, act = std::move(act)](const Outcome<RefreshResult>& outcome) mutable {
    Time at = now();
    try {
      if (outcome.denial) {
        note_denial(*outcome.denial);
        return end(ending_of(*outcome.denial), at);
      }
      act(outcome.value);
      schedule_expiry(at);
    } catch (const std::exception&) {
      end({Status::kInternalError}, at);
    }
  });
}

void Visit::ask_to_renew() {
  expiry_.renewing = true;
  ask(doorman_.ask_to_renew(pass_.about(), unix_seconds()), [this](const RefreshResult& result) {
    expiry_.renewing = false;
    expiry_.at = result.expires_at;
  });
}

// The rooms stay where they are in memory.
void Visit::ask_to_renew(Pass::Room& room) {
  room.expiry.renewing = true;
  ask(doorman_.ask_to_renew_invitation({pass_.about(), room.name}, unix_seconds()),
      [&room](const RefreshResult& result) { room.expiry = {result.expires_at}; });
}

}  // namespace lws_chat
