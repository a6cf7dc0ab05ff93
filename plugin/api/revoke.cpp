// Tokens that are not to be valid any more. Whom they let in, goes.

#include "access/guest.h"
#include "api/methods.h"

namespace lws_chat::api {
namespace {

// Until when the entry is kept; without expire_at for as long as the server runs.
int64_t read_until(Request& request) {
  int64_t until = request.signed_number("expire_at", 0, kLatest);
  return until > 0 ? until : kLatest;
}

Result result_of(Revocations::Outcome outcome) {
  if (outcome == Revocations::Outcome::kRevoked) return {};
  if (outcome == Revocations::Outcome::kFull)
    return {"", ClientError::kLimitExceeded,
            "there are " + std::to_string(Revocations::kMost) + " revocations, say expire_at with each"};
  Result result = Result::refused(Status::kUnavailable);
  result.detail = "it counts until the server ends, but the storage cannot be written; try again";
  return result;
}

}  // namespace

// {"uid":JTI,"expire_at":...}
Deferred<Result> revoke_token(const Context& context, Request& request) {
  request.allow_only({"uid", "expire_at"});
  std::string id = request.text("uid");
  if (id.empty() || id.size() > kMaxTokenId) request.complain("uid", "the token's jti, 1 to 255 bytes");
  int64_t until = read_until(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return context.revocations.revoke_token(id, until, context.unix_ms / 1000).map(result_of);
}

// {"user":...,"issued_before":...,"expire_at":...}. Without issued_before it is the present time.
Deferred<Result> invalidate_user_tokens(const Context& context, Request& request) {
  request.allow_only({"user", "issued_before", "expire_at", "channel"});
  request.refuse({"channel"});
  std::string user = request.text("user");
  if (user.empty() || user.size() > kMaxUser) request.complain("user", "a user, 1 to 1024 bytes");
  int64_t today = context.unix_ms / 1000;
  int64_t before = request.signed_number("issued_before", 0, kLatest);
  int64_t until = read_until(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return context.revocations.revoke_user(user, before > 0 ? before : today, until, today).map(result_of);
}

}  // namespace lws_chat::api
