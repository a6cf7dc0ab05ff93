#include "access/doorman.h"

#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "core/room/room_name.h"

namespace lws_chat {
namespace {

// Error 110 of Centrifuge's protocol: centrifugal.dev/docs/server/codes.
constexpr uint32_t kExpiredCode = 110;

Denial expired_already() { return {Status::kExpired, false, kExpiredCode, "expired", false, {}}; }

bool is_over(int64_t expires_at, int64_t now) { return expires_at > 0 && expires_at < now; }

// Others are sent user and info with each message. Returns what is wrong with a guest, or nullptr.
const char* fault_of(const Guest& guest) {
  if (guest.user.size() > kMaxUser) return "the user is longer than 1024 bytes";
  if (guest.token_id.size() > kMaxTokenId) return "its jti is longer than 255 bytes";
  if (guest.info.size() > kMaxInfo) return "info is longer than 16384 bytes";
  for (const ServerSubscription& room : guest.rooms) {
    if (!is_room_name(room.room)) return "one of its channels is no room name";
    if (room.info.size() > kMaxInfo) return "info of a channel is longer than 16384 bytes";
  }
  return nullptr;
}

// A token that names no key we have is refused for now: the key may come.
Denial refused(TokenVerdict verdict, std::string reason, const Denial& if_invalid) {
  Denial denial = verdict == TokenVerdict::kExpired      ? Denial::error(Status::kTokenExpired)
                  : verdict == TokenVerdict::kUnknownKey ? Denial::error(Status::kUnavailable)
                                                         : if_invalid;
  denial.detail = std::move(reason);
  return denial;
}

Denial denied_by(const HookDenial& said) {
  return {said.disconnects ? Status::kForced : Status::kNotPermitted,
          said.disconnects,
          said.code,
          said.message,
          said.temporary,
          "the back end says no"};
}

// The denial in a reply of the back end, or its failure.
template <typename Result>
std::optional<Denial> denial_in(const HookReply<Result>& reply) {
  if (!reply.problem.empty()) return Denial::error(Status::kUnavailable, reply.problem);
  if (reply.denial) return denied_by(*reply.denial);
  return std::nullopt;
}

// Reads a reply. Who asks gets an answer even if there is no memory to read it, because it waits for one.
template <typename Value, typename Reply, typename Read>
Deferred<Outcome<Value>> answer_to(Deferred<Reply> reply, Read read) {
  return reply.map([read = std::move(read)](const Reply& said) -> Outcome<Value> {
    try {
      return read(said);
    } catch (const std::exception&) {
      return Denial::error(Status::kInternalError);
    }
  });
}

// The result as it is, unless there is none.
template <typename Result>
Deferred<Outcome<Result>> outcome_of(Deferred<HookReply<Result>> reply) {
  return answer_to<Result>(std::move(reply), [](const HookReply<Result>& said) -> Outcome<Result> {
    if (auto denial = denial_in(said)) return *denial;
    return said.result;
  });
}

// A back end that does not answer does not end what it has allowed before.
Outcome<RefreshResult> renewal_in(const HookReply<RefreshResult>& reply, Status if_over, int64_t now) {
  if (!reply.problem.empty()) {
    RefreshResult reprieve;
    reprieve.expires_at = now + Doorman::kReprieve;
    return reprieve;
  }
  if (reply.denial) {
    Denial denial = denied_by(*reply.denial);
    if (!denial.disconnects) denial = Denial::disconnect(if_over, "the back end says no");
    return denial;
  }
  if (!reply.given || reply.result.expired || is_over(reply.result.expires_at, now)) return Denial::disconnect(if_over);
  return reply.result;
}

// Rooms for certain users are not the back end's business.
bool is_for_users(std::string_view room) { return room.find('#') != std::string_view::npos; }

constexpr const char* kNoKey = "there is no key with its kid";

// A question about a token that owns its texts.
class KeptQuestion {
 public:
  explicit KeptQuestion(const SubscribeQuestion& question)
      : user_(question.about.user), client_(question.about.client), room_(question.room), token_(question.token) {}

  SubscribeQuestion view() const {
    SubscribeQuestion question{{}, room_, token_};
    question.about.user = user_;
    question.about.client = client_;
    return question;
  }

 private:
  std::string user_;
  std::string client_;
  std::string room_;
  std::string token_;
};

}  // namespace

// If a token names a key that is not there, it is checked again when there are others.
template <typename T, typename Check>
Deferred<Outcome<T>> Doorman::with_keys(Outcome<T> outcome, Denial if_none, Check check) {
  auto lacks_key = [](const Outcome<T>& one) { return one.denial && one.denial->why == Status::kUnavailable; };
  if (!lacks_key(outcome)) return outcome;
  return answer_to<T>(seams_.tokens->fetch_keys(), [outcome = std::move(outcome), if_none = std::move(if_none),
                                                    check = std::move(check), lacks_key](KeysAre keys) {
    if (keys == KeysAre::kUnreachable) return outcome;
    if (keys == KeysAre::kSame) return Outcome<T>(if_none);
    Outcome<T> again = check();
    return lacks_key(again) ? Outcome<T>(if_none) : again;
  });
}

// What other nodes have revoked is not known yet: the token is checked when it is. After a time the client may try
// again.
template <typename T, typename Check>
Deferred<Outcome<T>> Doorman::when_complete(Check check) {
  return seams_.revoked->when_complete().follow(
      [check = std::move(check)](Status status) mutable -> Deferred<Outcome<T>> {
        if (status != Status::kOk)
          return Outcome<T>(Denial::error(Status::kUnavailable, "nobody knows which tokens other nodes have revoked"));
        try {
          return check();
        } catch (const std::exception&) {
          return Outcome<T>(Denial::error(Status::kInternalError));
        }
      });
}

bool Doorman::has_revoked(std::string_view id, std::string_view user, int64_t issued_at, int64_t now) const {
  return seams_.revoked && seams_.revoked->has(id, user, issued_at, now);
}

bool Doorman::is_revoked(const Guest& guest, int64_t now) const {
  return guest.by_token && has_revoked(guest.token_id, guest.user, guest.token_issued_at, now);
}

bool Doorman::is_revoked(const Invitation& invitation, std::string_view user, int64_t now) const {
  return invitation.by_token && has_revoked(invitation.token_id, user, invitation.token_issued_at, now);
}

Outcome<GuestPtr> Doorman::admit_by_token(std::string_view token, int64_t now) const {
  if (!seams_.tokens) return Denial::disconnect(Status::kBadToken, "no key for tokens is configured");
  TokenCheck<ConnectionClaims> check = seams_.tokens->check_connection(token, now);
  return admit_checked(check, now);
}

Outcome<GuestPtr> Doorman::admit_checked(TokenCheck<ConnectionClaims>& check, int64_t now) const {
  if (check.verdict != TokenVerdict::kValid)
    return refused(check.verdict, std::move(check.reason), Denial::disconnect(Status::kBadToken));
  ConnectionClaims& claims = check.claims;
  if (has_revoked(claims.id, claims.user, claims.issued_at, now)) return Denial::disconnect(Status::kRevoked);
  if (is_over(claims.expires_at, now)) return expired_already();
  auto guest = std::make_shared<Guest>();
  guest->user = std::move(claims.user);
  guest->info = std::move(claims.info);
  guest->meta = std::move(claims.meta);
  guest->expires_at = claims.expires_at;
  guest->rooms = std::move(claims.subscriptions);
  guest->by_token = true;
  guest->token_id = std::move(claims.id);
  guest->token_issued_at = claims.issued_at;
  if (const char* fault = fault_of(*guest)) return Denial::disconnect(Status::kBadToken, fault);
  return GuestPtr(std::move(guest));
}

Outcome<GuestPtr> Doorman::admit_anonymous() const {
  if (!anonymous_) return Denial::disconnect(Status::kNoCredentials);
  return GuestPtr();
}

Outcome<GuestPtr> Doorman::admitted(const HookReply<ConnectResult>& reply, int64_t now) const {
  if (auto denial = denial_in(reply)) return *denial;
  if (!reply.given) return admit_anonymous();
  if (is_over(reply.result.expires_at, now)) return expired_already();
  auto guest = std::make_shared<Guest>();
  guest->user = reply.result.user;
  guest->info = reply.result.info;
  guest->data = reply.result.data;
  guest->meta = reply.result.meta;
  guest->expires_at = reply.result.expires_at;
  guest->rooms = reply.result.subscriptions;
  if (const char* fault = fault_of(*guest)) return Denial::error(Status::kUnavailable, fault);
  return GuestPtr(std::move(guest));
}

// A token without a user is an anonymous client's.
Outcome<GuestPtr> Doorman::admit_user(Outcome<GuestPtr> outcome) const {
  if (!outcome.denial && outcome.value->user.empty() && !anonymous_) return Denial::disconnect(Status::kAnonymous);
  return outcome;
}

// The token of a connection that begins, with the keys that are there now.
Outcome<GuestPtr> Doorman::admit_known(std::string_view token, int64_t now) const {
  return admit_user(admit_by_token(token, now));
}

// The id of a client without a connection token is made later than its token.
Outcome<GuestPtr> Doorman::admit_subscriber(SubscriptionClaims& claims, int64_t now) const {
  if (!claims.client.empty()) return Denial::disconnect(Status::kBadToken, "the token of another client");
  if (has_revoked(claims.id, claims.user, claims.issued_at, now)) return Denial::disconnect(Status::kRevoked);
  if (is_over(claims.expires_at, now)) return expired_already();
  auto guest = std::make_shared<Guest>();
  guest->user = std::move(claims.user);
  guest->expires_at = claims.expires_at;
  guest->by_token = true;
  guest->token_id = std::move(claims.id);
  guest->token_issued_at = claims.issued_at;
  ServerSubscription room;
  room.room = std::move(claims.room);
  room.info = std::move(claims.info);
  room.data = std::move(claims.data);
  room.override = claims.override;
  guest->rooms.push_back(std::move(room));
  if (const char* fault = fault_of(*guest)) return Denial::disconnect(Status::kBadToken, fault);
  return GuestPtr(std::move(guest));
}

Outcome<GuestPtr> Doorman::admit_any_known(std::string_view token, int64_t now) const {
  if (!seams_.tokens) return admit_by_token(token, now);
  TokenCheck<ConnectionClaims> check = seams_.tokens->check_connection(token, now);
  // A wrong signature is wrong for both kinds of tokens.
  bool may_be_of_subscription = check.verdict == TokenVerdict::kInvalid && check.genuine;
  if (!may_be_of_subscription) return admit_user(admit_checked(check, now));
  TokenCheck<SubscriptionClaims> other = seams_.tokens->check_subscription(token, now);
  if (other.verdict == TokenVerdict::kInvalid) return admit_checked(check, now);
  if (other.verdict != TokenVerdict::kValid) return refused(other.verdict, std::move(other.reason), {});
  return admit_user(admit_subscriber(other.claims, now));
}

Deferred<Outcome<GuestPtr>> Doorman::admit_by_any_token(std::string_view token, int64_t now) {
  if (!may_trust())
    return when_complete<GuestPtr>([this, kept = std::string(token), now] { return admit_by_any_token(kept, now); });
  return with_keys(admit_any_known(token, now), Denial::disconnect(Status::kBadToken, kNoKey),
                   [this, kept = std::string(token), now] { return admit_any_known(kept, now); });
}

Deferred<Outcome<GuestPtr>> Doorman::admit(std::string_view token, const ConnectQuestion& question, int64_t now) {
  if (!token.empty() && !may_trust())
    return when_complete<GuestPtr>([this, kept = std::string(token), now] { return admit(kept, {}, now); });
  if (!token.empty())
    return with_keys(admit_known(token, now), Denial::disconnect(Status::kBadToken, kNoKey),
                     [this, kept = std::string(token), now] { return admit_known(kept, now); });
  if (!has_hook(HookKind::kConnect)) return admit_anonymous();
  return answer_to<GuestPtr>(seams_.hooks->connect(question),
                             [this, now](const HookReply<ConnectResult>& reply) { return admitted(reply, now); });
}

// A new token of a connection of that user, with the keys that are there now.
Outcome<GuestPtr> Doorman::renew_known(const std::string& user, std::string_view token, int64_t now) const {
  Outcome<GuestPtr> outcome = admit_by_token(token, now);
  if (outcome.denial) {
    // The client has just got this token, so there is no use in asking for another one.
    if (outcome.denial->why == Status::kTokenExpired) outcome.denial = Denial::disconnect(Status::kExpired);
    return outcome;
  }
  if (outcome.value->user != user) return Denial::disconnect(Status::kBadToken, "the token of another user");
  return outcome;
}

Deferred<Outcome<GuestPtr>> Doorman::renew(const GuestPtr& before, std::string_view token, int64_t now) {
  if (!may_trust())
    return when_complete<GuestPtr>([this, before, kept = std::string(token), now] { return renew(before, kept, now); });
  std::string user = before ? before->user : std::string();
  Outcome<GuestPtr> outcome = renew_known(user, token, now);
  return with_keys(
      std::move(outcome), Denial::disconnect(Status::kBadToken, kNoKey),
      [this, user = std::move(user), kept = std::string(token), now] { return renew_known(user, kept, now); });
}

Deferred<Outcome<RefreshResult>> Doorman::ask_to_renew(const HookClient& about, int64_t now) {
  return answer_to<RefreshResult>(seams_.hooks->refresh({about}), [now](const HookReply<RefreshResult>& reply) {
    return renewal_in(reply, Status::kExpired, now);
  });
}

Outcome<InvitationPtr> Doorman::check_invitation(const SubscribeQuestion& question, Status if_invalid,
                                                 int64_t now) const {
  bool ends = if_invalid == Status::kBadToken;
  Denial invalid{if_invalid, ends, 0, {}, false, "no key for tokens is configured"};
  if (!seams_.tokens) return invalid;
  TokenCheck<SubscriptionClaims> check = seams_.tokens->check_subscription(question.token, now);
  if (check.verdict != TokenVerdict::kValid) return refused(check.verdict, std::move(check.reason), invalid);
  SubscriptionClaims& claims = check.claims;
  if (claims.room != question.room) return Denial::disconnect(Status::kBadToken, "the token of another room");
  if (claims.user != question.about.user) return Denial::disconnect(Status::kBadToken, "the token of another user");
  if (!claims.client.empty() && claims.client != question.about.client)
    return Denial::disconnect(Status::kBadToken, "the token of another client");
  if (has_revoked(claims.id, claims.user, claims.issued_at, now))
    return Denial::error(Status::kNotPermitted, "the token was revoked");
  if (is_over(claims.expires_at, now)) return expired_already();
  if (claims.id.size() > kMaxTokenId) return Denial::error(Status::kNotPermitted, "its jti is longer than 255 bytes");
  if (claims.info.size() > kMaxInfo) return Denial::error(Status::kNotPermitted, "info is longer than 16384 bytes");
  auto invitation = std::make_shared<Invitation>();
  invitation->info = std::move(claims.info);
  invitation->data = std::move(claims.data);
  invitation->override = claims.override;
  invitation->expires_at = claims.expires_at;
  invitation->by_token = true;
  invitation->token_id = std::move(claims.id);
  invitation->token_issued_at = claims.issued_at;
  return InvitationPtr(std::move(invitation));
}

Deferred<Outcome<InvitationPtr>> Doorman::invite(const SubscribeQuestion& question, bool ask, int64_t now) {
  if (!question.token.empty() && !may_trust())
    return when_complete<InvitationPtr>(
        [this, kept = KeptQuestion(question), ask, now] { return invite(kept.view(), ask, now); });
  if (!question.token.empty())
    return with_keys(check_invitation(question, Status::kNotPermitted, now),
                     Denial::error(Status::kNotPermitted, kNoKey), [this, kept = KeptQuestion(question), now] {
                       return check_invitation(kept.view(), Status::kNotPermitted, now);
                     });
  // A room that needs a token is not opened by a back end's word for its namespace.
  bool needs_token = question.room.front() == '$';
  if (!ask || needs_token || is_for_users(question.room)) return Outcome<InvitationPtr>(InvitationPtr());
  if (!has_hook(HookKind::kSubscribe)) return Outcome<InvitationPtr>(Denial::error(Status::kNoHook));
  return answer_to<InvitationPtr>(seams_.hooks->subscribe(question),
                                  [now](const HookReply<SubscribeResult>& reply) -> Outcome<InvitationPtr> {
                                    if (auto denial = denial_in(reply)) return *denial;
                                    if (is_over(reply.result.expires_at, now)) return expired_already();
                                    if (reply.result.info.size() > kMaxInfo)
                                      return Denial::error(Status::kUnavailable, "info is longer than 16384 bytes");
                                    auto invitation = std::make_shared<Invitation>();
                                    invitation->info = reply.result.info;
                                    invitation->data = reply.result.data;
                                    invitation->override = reply.result.override;
                                    invitation->expires_at = reply.result.expires_at;
                                    return InvitationPtr(std::move(invitation));
                                  });
}

Deferred<Outcome<InvitationPtr>> Doorman::renew_invitation(const SubscribeQuestion& question, int64_t now) {
  if (!may_trust())
    return when_complete<InvitationPtr>(
        [this, kept = KeptQuestion(question), now] { return renew_invitation(kept.view(), now); });
  return with_keys(
      check_invitation(question, Status::kBadToken, now), Denial::disconnect(Status::kBadToken, kNoKey),
      [this, kept = KeptQuestion(question), now] { return check_invitation(kept.view(), Status::kBadToken, now); });
}

Deferred<Outcome<RefreshResult>> Doorman::ask_to_renew_invitation(const SubRefreshQuestion& question, int64_t now) {
  return answer_to<RefreshResult>(seams_.hooks->sub_refresh(question), [now](const HookReply<RefreshResult>& reply) {
    return renewal_in(reply, Status::kSubscriptionOver, now);
  });
}

Deferred<Outcome<PublishResult>> Doorman::ask_to_publish(const PublishQuestion& question) {
  if (!has_hook(HookKind::kPublish)) return Outcome<PublishResult>(Denial::error(Status::kNoHook));
  return outcome_of(seams_.hooks->publish(question));
}

Deferred<Outcome<RpcResult>> Doorman::ask_rpc(const RpcQuestion& question) {
  return outcome_of(seams_.hooks->rpc(question));
}

}  // namespace lws_chat
