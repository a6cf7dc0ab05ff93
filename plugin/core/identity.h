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

// The identity of a client, as others see it.
struct Identity {
  std::string client;  // the client's id: unique, made by the server
  std::string user;    // as a token or a back end says, or else the client itself; empty: anonymous
  std::string json;    // the JSON object that others get: `client`, `user` and more
};
using IdentityPtr = std::shared_ptr<const Identity>;

// Clients that have just lost their connection, so that they are the same clients when they come back. A client is
// recognized by its key, which nobody else sees.
class Departed {
 public:
  // Limits in entries and bytes. Above them the oldest entries are forgotten.
  static constexpr size_t kMost = 100000;
  static constexpr size_t kMostBytes = size_t{64} * 1024 * 1024;

  // `account` counts its bytes.
  explicit Departed(MemoryAccount& account, size_t most_bytes = kMostBytes)
      : most_bytes_(most_bytes), bytes_(account) {}

  void add(std::string key, IdentityPtr identity, Time until);

  // Takes out the client with this key. Returns nullptr if there is none.
  IdentityPtr take(std::string_view key, Time now);

  // Forgets the clients whose time is up. due() is the time of the next one, or kNever.
  void expire(Time now);
  Time due() const { return by_age_.empty() ? kNever : by_age_.begin()->first.first; }

  size_t bytes() const { return bytes_.bytes(); }

 private:
  using Age = std::pair<Time, uint64_t>;  // when the entry is forgotten, and a number that only this entry has
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
