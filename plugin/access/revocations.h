#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/records.h"
#include "core/shared_revocations.h"

namespace lws_chat {

// Tokens that are not valid any more although they have not expired. An entry is kept until every token that it can
// mean has expired. Times are Unix seconds.
class Revocations final : public SharedRevocations::Reader {
 public:
  // Most entries. A further one is refused: to forget one would let somebody in.
  static constexpr size_t kMost = 1'000'000;

  // Reads the entries that a former process has kept, and keeps new ones there. To be called before anything else.
  void keep_in(Records& records);

  // Shares entries with other nodes. To be called after keep_in().
  void share(SharedRevocations& shared);

  // Returns true if all entries of other nodes are known. Until then no token can be trusted.
  bool complete() const { return !shared_ || shared_->complete(); }
  Deferred<Status> when_complete() { return shared_ ? shared_->when_complete() : Status::kOk; }

  // The worst comes last.
  enum class Outcome : uint8_t {
    kRevoked,
    kNotKept,    // it counts from now on, but may not survive the process
    kNotShared,  // it counts from now on, but other nodes may not know it
    kFull        // there are too many entries
  };

  // Whose wish a revocation is. What another node shares already is not shared again.
  enum class From : uint8_t { kHere, kOtherNode };

  // The token with this id (jti) is not valid until the time given: from now on, although the answer may come later.
  Deferred<Outcome> revoke_token(std::string_view id, int64_t until, int64_t now, From from = From::kHere);

  // Tokens of the user that were issued (iat) before this time, or do not say when, are not valid until the time given.
  Deferred<Outcome> revoke_user(std::string_view user, int64_t issued_before, int64_t until, int64_t now,
                                From from = From::kHere);

  // Returns true if a token with this id, user and time of issue is revoked. An empty id or user is never revoked.
  bool has(std::string_view id, std::string_view user, int64_t issued_at, int64_t now) const;

  // SharedRevocations::Reader
  bool learn(const Revocation& revocation) override;
  void each(const std::function<void(const Revocation&)>& take) const override;

  bool empty() const { return tokens_.empty() && users_.empty(); }
  size_t size() const { return tokens_.size() + users_.size(); }

  // Called after each new entry, so that those go who are already in. An empty user: a token was revoked.
  std::function<void(std::string_view user)> changed{};

 private:
  struct User {
    int64_t issued_before;
    int64_t until;
  };

  void set_token(std::string_view id, int64_t until);
  void set_user(std::string_view user, const User& entry);
  void forget_old(int64_t now);
  bool has_place() const { return size() < kMost; }
  template <typename Entries>
  static void forget_if_old(Entries& entries, const std::string& key, int64_t now);
  void tell(std::string_view user) const;
  Deferred<Outcome> keep(const Revocation& revocation, From from);
  Deferred<Outcome> record(const Revocation& revocation);

  struct Token {
    int64_t until;
  };

  Records* records_ = nullptr;           // nullptr: entries end with the process
  SharedRevocations* shared_ = nullptr;  // nullptr: the server is alone
  std::unordered_map<std::string, Token> tokens_;
  std::unordered_map<std::string, User> users_;

  struct Age {
    bool is_token;
    std::string key;
  };
  std::multimap<int64_t, Age> ages_;  // by the time until which an entry was to be kept; it may be kept longer since
};

}  // namespace lws_chat
