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
  result.detail = outcome == Revocations::Outcome::kNotKept
                      ? "it counts until the server ends, but the storage cannot be written; try again"
                      : "it counts on this node, but Redis has not taken it for the others; try again";
  return result;
}

// Nodes that have the order from another node have no others to tell.
Revocations::From from(const Context& context) {
  return context.peers ? Revocations::From::kHere : Revocations::From::kOtherNode;
}

struct UserTokens {
  std::string user;
  int64_t issued_before;
  int64_t until;
};

UserTokens read_user_tokens(const Context& context, Request& request) {
  request.allow_only({"user", "issued_before", "expire_at", "channel"});
  request.refuse({"channel"});
  std::string user = request.text("user");
  if (user.empty() || user.size() > kMaxUser) request.complain("user", "a user, 1 to 1024 bytes");
  int64_t before = request.signed_number("issued_before", 0, kLatest);
  return {user, before > 0 ? before : context.unix_ms / 1000, read_until(request)};
}

}  // namespace

// {"uid":JTI,"expire_at":...}
Deferred<Result> revoke_token(const Context& context, Request& request) {
  request.allow_only({"uid", "expire_at"});
  std::string id = request.text("uid");
  if (id.empty() || id.size() > kMaxTokenId) request.complain("uid", "the token's jti, 1 to 255 bytes");
  int64_t until = read_until(request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return context.revocations.revoke_token(id, until, context.unix_ms / 1000, from(context)).map(result_of);
}

// {"user":...,"issued_before":...,"expire_at":...}. Without issued_before it is the present time.
Deferred<Result> invalidate_user_tokens(const Context& context, Request& request) {
  UserTokens tokens = read_user_tokens(context, request);
  if (!request.problem().empty()) return Result::bad_request(request.problem());
  return context.revocations
      .revoke_user(tokens.user, tokens.issued_before, tokens.until, context.unix_ms / 1000, from(context))
      .map(result_of);
}

// The present time is that of the node that a back end has asked.
std::string order_to_invalidate(const Context& context, Request request) {
  UserTokens tokens = read_user_tokens(context, request);
  std::string json = "{\"user\":";
  append_quoted(json, tokens.user);
  return json + ",\"issued_before\":" + std::to_string(tokens.issued_before) +
         ",\"expire_at\":" + std::to_string(tokens.until) + "}";
}

}  // namespace lws_chat::api
