#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/deferred.h"
#include "core/ending.h"
#include "core/log/message.h"

// The seam between nodes for everything but messages: what back ends order, and what they ask of all nodes.
namespace lws_chat {

// A node, as the answer to `info` describes it.
struct NodeFacts {
  std::string uid;
  std::string name;
  std::string version;
  uint64_t clients = 0;
  uint64_t users = 0;
  uint64_t subscriptions = 0;
  uint64_t rooms = 0;
  uint64_t uptime = 0;  // seconds
};

// Rooms with clients, and how many these are.
using RoomCounts = std::vector<std::pair<std::string, uint64_t>>;

class Peers {
 public:
  // This node, as the others see it.
  class Self {
   public:
    virtual NodeFacts facts(Time now) = 0;

    // Another node was given an order: a method of the server API, and its request, a JSON object.
    virtual void obey(std::string_view method, std::string_view request, Time now) = 0;

    // Another node was sent `data` for a client's session on this one, see Peers::pass_on(). Answers kOk when the
    // session has taken it, kNoSession, or kBadRequest.
    virtual Status take_passed_on(std::string_view /*session*/, std::string_view /*data*/) {
      return Status::kNoSession;
    }

    // The client with this id has come back on another node: its session here is over.
    virtual void replaced(std::string_view /*client*/, Time /*now*/) {}

    // The rooms with clients on this node whose names match the glob; an empty one matches all. Nothing: they are too
    // many for an answer.
    virtual std::optional<RoomCounts> rooms(std::string_view pattern) = 0;

   protected:
    ~Self() = default;
  };

  virtual ~Peers() = default;

  // Called once, before anything else. Until then this node does not take part.
  virtual void attach(Self& self) = 0;

  // The other nodes that are known.
  virtual std::vector<NodeFacts> others() const = 0;

  // Gives an order to the other nodes. Answers false if that cannot be done now.
  virtual Deferred<bool> tell(std::string_view method, std::string_view request, Time now) = 0;

  // A client without WebSocket has sent something to this node, and its session is on another one. `data` is a JSON
  // string if the client speaks JSON. Answers kOk when the session has taken it; kNoSession: there is no such node or
  // session; kBadRequest: the session's client speaks otherwise; kUnavailable: the node has not answered in time.
  virtual Deferred<Status> pass_on(std::string_view node, std::string_view session, std::string_view data,
                                   Time now) = 0;

  // The rooms of the other nodes. kUnavailable: not all nodes have answered in time. kTooManyRooms: they are too many
  // for an answer.
  struct Rooms {
    Status status = Status::kOk;
    RoomCounts counts{};
  };
  virtual Deferred<Rooms> rooms(std::string_view pattern, Time now) = 0;
};

}  // namespace lws_chat
