#pragma once

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/log/message.h"
#include "core/memory_account.h"

namespace lws_chat {

// Who a client is to the others.
struct Identity {
  std::string client;  // the client's id: unique, made by the server
  std::string user;    // who it says it is; empty: anonymous
  std::string json;    // both and more, as others are told: a ClientInfo of Centrifuge's client protocol
};
using IdentityPtr = std::shared_ptr<const Identity>;

// Those who have just lost their connection, so that they are the same client again when they come back. A
// client is known again by its key, which only it can tell: nobody else sees it.
class Departed {
 public:
  // Limits of what is remembered, in entries and bytes; above them the oldest are forgotten.
  static constexpr size_t kMost = 100000;
  static constexpr size_t kMostBytes = size_t{64} * 1024 * 1024;

  // `account` counts its bytes.
  explicit Departed(MemoryAccount& account, size_t most_bytes = kMostBytes)
      : most_bytes_(most_bytes), bytes_(account) {}

  void add(std::string key, IdentityPtr identity, Time until);

  // The one with this key, who then has returned; nullptr when there is none.
  IdentityPtr take(std::string_view key, Time now);

  // Forgets those whose time is up. due() is when there is one, or kNever.
  void expire(Time now);
  Time due() const { return by_age_.empty() ? kNever : by_age_.begin()->first.first; }

  size_t bytes() const { return bytes_.bytes(); }

 private:
  using Age = std::pair<Time, uint64_t>;  // when it is to be forgotten, and a number of its own
  struct Entry {
    IdentityPtr identity;
    Age age;
  };
  using Entries = std::multimap<std::string, Entry, std::less<>>;

  static size_t bytes_of(const Entries::value_type& entry);
  void forget(Entries::iterator entry);
  void forget_oldest();

  Entries entries_;
  std::map<Age, Entries::iterator> by_age_;
  uint64_t added_ = 0;
  size_t most_bytes_;
  MemoryAccount::Charge bytes_;
};

}  // namespace lws_chat
