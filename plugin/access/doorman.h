#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/denial.h"
#include "access/guest.h"
#include "access/hook.h"
#include "access/revocations.h"
#include "access/tokens.h"
#include "core/deferred.h"

namespace lws_chat {

// The services that a doorman works with; it owns none of them.
struct DoormanSeams {
  Tokens* tokens = nullptr;        // nullptr: no keys are configured, so no token is valid
  Hooks* hooks = nullptr;          // nullptr: there is no back end
  Revocations* revoked = nullptr;  // nullptr: nothing can be revoked
};

// Finds out who a client is and what a token or a back end allows it: for all dialects. What nobody has decided here,
// the rules of a room decide (RuleGate). Times are Unix seconds.
class Doorman {
 public:
  // If a back end does not answer when a connection or a subscription expires, it goes on for so long, in seconds.
  static constexpr int64_t kReprieve = 60;

  // With `anonymous`, clients may connect without a user.
  Doorman(const DoormanSeams& seams, bool anonymous) : seams_(seams), anonymous_(anonymous) {}

  // Returns true if a client's user can be known. If not, clients say themselves who they are.
  bool verifies() const { return seams_.tokens || has_hook(HookKind::kConnect); }
  bool has_hook(HookKind kind) const { return seams_.hooks && seams_.hooks->has(kind); }

  // Returns true if clients without a token may come, and no back end is asked about them.
  bool admits_anybody() const { return anonymous_ && !has_hook(HookKind::kConnect); }

  // A client connects. The token may be empty. A back end is asked only about clients without one.
  Deferred<Outcome<GuestPtr>> admit(std::string_view token, const ConnectQuestion& question, int64_t now);

  // A client shows a token that may also be of a subscription. Such a token speaks for its user, and lets it into one
  // room, the only one in Guest::rooms, until the subscription expires.
  Deferred<Outcome<GuestPtr>> admit_by_any_token(std::string_view token, int64_t now);

  // A client shows a new token, before or after the old one has expired. `before` may be nullptr.
  Deferred<Outcome<GuestPtr>> renew(const GuestPtr& before, std::string_view token, int64_t now);

  // The connection has expired, and the back end is asked. A denial always disconnects.
  Deferred<Outcome<RefreshResult>> ask_to_renew(const HookClient& about, int64_t now);

  // A client wants to join a room. `ask` says that the back end decides about this room.
  Deferred<Outcome<InvitationPtr>> invite(const SubscribeQuestion& question, bool ask, int64_t now);

  // A client shows a new token for a room that it is in.
  Deferred<Outcome<InvitationPtr>> renew_invitation(const SubscribeQuestion& question, int64_t now);

  // The subscription has expired, and the back end is asked. After a denial it ends.
  Deferred<Outcome<RefreshResult>> ask_to_renew_invitation(const SubRefreshQuestion& question, int64_t now);

  Deferred<Outcome<PublishResult>> ask_to_publish(const PublishQuestion& question);
  Deferred<Outcome<RpcResult>> ask_rpc(const RpcQuestion& question);

  // Returns true if a back end has revoked the token that let the client in.
  bool is_revoked(const Guest& guest, int64_t now) const;
  bool is_revoked(const Invitation& invitation, std::string_view user, int64_t now) const;

 private:
  Outcome<GuestPtr> admit_by_token(std::string_view token, int64_t now) const;
  Outcome<GuestPtr> admit_checked(TokenCheck<ConnectionClaims>& check, int64_t now) const;
  Outcome<GuestPtr> admit_known(std::string_view token, int64_t now) const;
  Outcome<GuestPtr> admit_any_known(std::string_view token, int64_t now) const;
  Outcome<GuestPtr> admit_subscriber(SubscriptionClaims& claims, int64_t now) const;
  Outcome<GuestPtr> admit_user(Outcome<GuestPtr> outcome) const;
  Outcome<GuestPtr> renew_known(const std::string& user, std::string_view token, int64_t now) const;
  Outcome<GuestPtr> admit_anonymous() const;
  bool may_trust() const { return !seams_.revoked || seams_.revoked->complete(); }
  template <typename T, typename Check>
  Deferred<Outcome<T>> when_complete(Check check);
  template <typename T, typename Check>
  Deferred<Outcome<T>> with_keys(Outcome<T> outcome, Denial if_none, Check check);
  Outcome<GuestPtr> admitted(const HookReply<ConnectResult>& reply, int64_t now) const;
  Outcome<InvitationPtr> check_invitation(const SubscribeQuestion& question, Status if_invalid, int64_t now) const;
  bool has_revoked(std::string_view id, std::string_view user, int64_t issued_at, int64_t now) const;

  DoormanSeams seams_;
  bool anonymous_;
};

}  // namespace lws_chat
