#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/message.h"

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
  // How many are remembered; of more the oldest are forgotten.
  static constexpr size_t kMost = 100000;

  void add(std::string key, IdentityPtr identity, Time until);

  // The one with this key, who then has returned; nullptr when there is none.
  IdentityPtr take(std::string_view key, Time now);

 private:
  struct Entry {
    IdentityPtr identity;
    Time until;
  };
  using Entries = std::multimap<std::string, Entry, std::less<>>;

  void forget_oldest();

  Entries entries_;
  std::multimap<Time, Entries::iterator> by_age_;  // when each is to be forgotten
};

}  // namespace lws_chat
