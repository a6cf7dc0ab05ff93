#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/identity.h"
#include "core/log/message.h"

// The seam for presence in rooms that nodes share: knows who is there, on all nodes together.
namespace lws_chat {

class Room;

class SharedPresence {
 public:
  virtual ~SharedPresence() = default;

  // A client that others see has come into the room on this node. If `announced`, members on all nodes are told, unless
  // the client was there before, on any node. While it is a member, or absent (Room::absent()), it counts as present.
  virtual void entered(const Room& room, const IdentityPtr& who, bool announced, Time now) = 0;

  // It is gone from this node. If `announced`, members are told, unless it has come back on another node.
  virtual void left(const Room& room, const IdentityPtr& who, bool announced, Time now) = 0;

  struct List {
    Status status = Status::kOk;
    std::vector<Identity> members{};
  };
  struct Count {
    Status status = Status::kOk;
    uint64_t clients = 0;
    uint64_t users = 0;
  };

  // The answers come about a second after the last sign of life; kUnavailable: nobody knows.
  virtual Deferred<List> list(std::string_view room, Time now) = 0;
  virtual Deferred<Count> count(std::string_view room, Time now) = 0;

  // A client with this key, see Client::return_key(), has lost its connection. Until then it is the same one when it
  // comes back, on any node.
  virtual void departed(std::string_view key, const IdentityPtr& who, Time until, Time now) = 0;

  // A client with this key comes to this node. Answers who it was: it has departed, or its session is still on another
  // node. nullptr: neither, or nobody knows.
  virtual Deferred<IdentityPtr> returned(std::string_view key, Time now) = 0;

  // Its session, which has a name, is here now. On the node where it was before, Peers::Self::replaced() is called. It
  // stays until departed() or ended().
  virtual void arrived(std::string_view key, const IdentityPtr& who, Time now) = 0;

  // The session is over, and the client cannot come back as the same one.
  virtual void ended(std::string_view key) = 0;
};

}  // namespace lws_chat
