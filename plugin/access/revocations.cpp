#include "access/revocations.h"

#include <algorithm>

namespace lws_chat {

void Revocations::note(int64_t until) {
  next_ = next_ == 0 ? until : std::min(next_, until);
  if (changed) changed();
}

// Looks through all entries, but only when one of them is old.
void Revocations::forget_old(int64_t now) {
  if (next_ == 0 || next_ > now) return;
  next_ = 0;
  auto keep = [this](int64_t until) { next_ = next_ == 0 ? until : std::min(next_, until); };
  for (auto at = tokens_.begin(); at != tokens_.end();) {
    bool old = at->second <= now;
    if (!old) keep(at->second);
    at = old ? tokens_.erase(at) : std::next(at);
  }
  for (auto at = users_.begin(); at != users_.end();) {
    bool old = at->second.until <= now;
    if (!old) keep(at->second.until);
    at = old ? users_.erase(at) : std::next(at);
  }
}

bool Revocations::revoke_token(std::string_view id, int64_t until, int64_t now) {
  forget_old(now);
  auto found = tokens_.find(std::string(id));
  if (found == tokens_.end() && !has_place()) return false;
  if (found == tokens_.end())
    tokens_.emplace(id, until);
  else
    found->second = std::max(found->second, until);
  note(until);
  return true;
}

bool Revocations::revoke_user(std::string_view user, int64_t issued_before, int64_t until, int64_t now) {
  forget_old(now);
  auto found = users_.find(std::string(user));
  if (found == users_.end() && !has_place()) return false;
  if (found == users_.end()) {
    users_.emplace(user, User{issued_before, until});
  } else {
    found->second.issued_before = std::max(found->second.issued_before, issued_before);
    found->second.until = std::max(found->second.until, until);
  }
  note(until);
  return true;
}

bool Revocations::has(std::string_view id, std::string_view user, int64_t issued_at, int64_t now) const {
  if (empty()) return false;
  if (!id.empty()) {
    auto token = tokens_.find(std::string(id));
    if (token != tokens_.end() && token->second > now) return true;
  }
  if (user.empty()) return false;
  auto of_user = users_.find(std::string(user));
  return of_user != users_.end() && of_user->second.until > now && issued_at < of_user->second.issued_before;
}

}  // namespace lws_chat
