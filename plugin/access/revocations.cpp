#include "access/revocations.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

namespace lws_chat {

void Revocations::tell(std::string_view user) const {
  if (changed) changed(user);
}

template <typename Entries>
void Revocations::forget_if_old(Entries& entries, const std::string& key, int64_t now) {
  auto found = entries.find(key);
  if (found != entries.end() && found->second.until <= now) entries.erase(found);
}

void Revocations::forget_old(int64_t now) {
  for (auto oldest = ages_.begin(); oldest != ages_.end() && oldest->first <= now; oldest = ages_.erase(oldest)) {
    const Age& age = oldest->second;
    if (age.is_token)
      forget_if_old(tokens_, age.key, now);
    else
      forget_if_old(users_, age.key, now);
  }
}

Deferred<Revocations::Outcome> Revocations::revoke_token(std::string_view id, int64_t until, int64_t now, From from) {
  forget_old(now);
  auto found = tokens_.find(std::string(id));
  if (found == tokens_.end() && !has_place()) return Outcome::kFull;
  if (found != tokens_.end() && found->second.until >= until) {
    until = found->second.until;
  } else {
    set_token(id, until);
    tell({});
  }
  // Also if it is known already: to write that may have failed.
  return keep({false, std::string(id), until}, from);
}

Deferred<Revocations::Outcome> Revocations::revoke_user(std::string_view user, int64_t issued_before, int64_t until,
                                                        int64_t now, From from) {
  forget_old(now);
  auto found = users_.find(std::string(user));
  if (found == users_.end() && !has_place()) return Outcome::kFull;
  User entry{issued_before, until};
  if (found != users_.end()) {
    entry.issued_before = std::max(issued_before, found->second.issued_before);
    entry.until = std::max(until, found->second.until);
  }
  set_user(user, entry);
  tell(user);
  return keep({true, std::string(user), entry.until, entry.issued_before}, from);
}

Deferred<Revocations::Outcome> Revocations::keep(const Revocation& revocation, From from) {
  Deferred<Outcome> recorded = record(revocation);
  if (!shared_ || from == From::kOtherNode) return recorded;
  Deferred<Outcome> shared = shared_->keep(revocation).map([](SharedRevocations::Kept kept) {
    if (kept == SharedRevocations::Kept::kFull) return Outcome::kFull;
    return kept == SharedRevocations::Kept::kKept ? Outcome::kRevoked : Outcome::kNotShared;
  });
  if (recorded.ready() && shared.ready()) return std::max(recorded.value(), shared.value());
  // Disk and Redis answer in any order.
  Promise<Outcome> both;
  auto answer = [both, first = std::make_shared<std::optional<Outcome>>()](Outcome one) mutable {
    if (*first) return both.keep(std::max(**first, one));
    *first = one;
  };
  recorded.then(answer);
  shared.then(answer);
  return both.deferred();
}

Deferred<Revocations::Outcome> Revocations::record(const Revocation& revocation) {
  if (!records_) return Outcome::kRevoked;
  Records::Kind kind = revocation.of_user ? Records::Kind::kRevokedUser : Records::Kind::kRevokedToken;
  std::string value = revocation.of_user ? std::to_string(revocation.issued_before) : std::string();
  return records_->keep(kind, revocation.key, value, revocation.until * 1000).map([](Status status) {
    return status == Status::kOk ? Outcome::kRevoked : Outcome::kNotKept;
  });
}

// There may be more of them than may be made here: to forget one would let somebody in.
bool Revocations::learn(const Revocation& revocation) {
  if (!revocation.of_user) {
    auto found = tokens_.find(revocation.key);
    if (found != tokens_.end() && found->second.until >= revocation.until)
      return found->second.until == revocation.until;
    set_token(revocation.key, revocation.until);
    tell({});
    return true;
  }
  auto found = users_.find(revocation.key);
  User entry{revocation.issued_before, revocation.until};
  if (found != users_.end()) {
    const User& known = found->second;
    entry = {std::max(entry.issued_before, known.issued_before), std::max(entry.until, known.until)};
    if (entry.issued_before == known.issued_before && entry.until == known.until)
      return revocation.issued_before == known.issued_before && revocation.until == known.until;
  }
  set_user(revocation.key, entry);
  tell(revocation.key);
  return entry.issued_before == revocation.issued_before && entry.until == revocation.until;
}

void Revocations::each(const std::function<void(const Revocation&)>& take) const {
  for (const auto& [id, token] : tokens_) take({false, id, token.until});
  for (const auto& [user, entry] : users_) take({true, user, entry.until, entry.issued_before});
}

void Revocations::set_token(std::string_view id, int64_t until) {
  ages_.emplace(until, Age{true, std::string(id)});
  tokens_[std::string(id)] = {until};
}

void Revocations::set_user(std::string_view user, const User& entry) {
  auto found = users_.find(std::string(user));
  if (found == users_.end() || entry.until > found->second.until)
    ages_.emplace(entry.until, Age{false, std::string(user)});
  users_[std::string(user)] = entry;
}

// Times of records are in milliseconds.
void Revocations::keep_in(Records& records) {
  records.load(Records::Kind::kRevokedToken,
               [this](std::string_view id, std::string_view, int64_t until) { set_token(id, until / 1000); });
  records.load(Records::Kind::kRevokedUser, [this](std::string_view user, std::string_view value, int64_t until) {
    User entry{0, until / 1000};
    // What cannot be read revokes all of the user's tokens: to pass over it would let somebody in.
    if (std::from_chars(value.data(), value.data() + value.size(), entry.issued_before).ec != std::errc())
      entry.issued_before = INT64_MAX;
    set_user(user, entry);
  });
  records_ = &records;
}

void Revocations::share(SharedRevocations& shared) {
  shared_ = &shared;
  shared.attach(*this);
}

bool Revocations::has(std::string_view id, std::string_view user, int64_t issued_at, int64_t now) const {
  if (empty()) return false;
  if (!id.empty()) {
    auto token = tokens_.find(std::string(id));
    if (token != tokens_.end() && token->second.until > now) return true;
  }
  if (user.empty()) return false;
  auto of_user = users_.find(std::string(user));
  return of_user != users_.end() && of_user->second.until > now && issued_at < of_user->second.issued_before;
}

}  // namespace lws_chat
