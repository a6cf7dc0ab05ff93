#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "access/revocations.h"
#include "api/idempotency.h"
#include "api/result.h"
#include "config/options.h"
#include "core/deferred.h"
#include "core/hub.h"
#include "core/peers.h"
#include "dialect/centrifuge/request.h"
#include "dialect/centrifuge/session.h"

// The methods of the server API, one function each: they read the request's fields, act on the hub and return the
// result. centrifugal.dev/docs/server/server_api defines fields and results.
namespace lws_chat::api {

// The server, as the answer to `info` describes it.
struct Node {
  std::string uid;
  std::string name;
  Time started = 0;
};

// The objects that the methods work with. A method that finishes later keeps a copy, so the referents must outlive
// every promise.
struct Context {
  Hub& hub;
  Sessions& sessions;
  Idempotency& idempotency;
  Revocations& revocations;
  const Options& options;
  const Node& node;
  Peers* peers;  // nullptr: the server is alone, or another node has given the order
  Time now;
  int64_t unix_ms;  // time of day, in milliseconds since 1970
};

// An answer, and a list in it, may be about this long, in bytes.
constexpr size_t kMaxList = size_t{4} * 1024 * 1024;

// The latest time that a request may name, in Unix seconds.
constexpr int64_t kLatest = int64_t{1000} * INT32_MAX;

// Rooms of a broadcast, commands of a batch.
constexpr size_t kMaxParts = 10000;

bool is_method(std::string_view name);
bool is_for_all_nodes(std::string_view name);

// Runs a method. `json` is the request as it came: what back ends order goes to the other nodes, too. Precondition:
// is_method(name).
Deferred<Result> run(const Context& context, std::string_view name, Request& request, std::string_view json);

// This node, as others see it.
NodeFacts facts_of(const Context& context);

// The rooms with clients here whose names match the glob; an empty one matches all. Nothing: their list is longer than
// kMaxList.
std::optional<RoomCounts> rooms_here(const Hub& hub, std::string_view pattern);

// In publish.cpp.
Deferred<Result> publish(const Context& context, Request& request);
Deferred<Result> broadcast(const Context& context, Request& request);

// In batch.cpp.
Deferred<Result> batch(const Context& context, Request& request);

// In queries.cpp.
Deferred<Result> presence(const Context& context, Request& request);
Deferred<Result> presence_stats(const Context& context, Request& request);
Deferred<Result> history(const Context& context, Request& request);
Deferred<Result> history_remove(const Context& context, Request& request);
Deferred<Result> channels(const Context& context, Request& request);
Deferred<Result> info(const Context& context, Request& request);

// In disconnect.cpp.
Deferred<Result> unsubscribe(const Context& context, Request& request);
Deferred<Result> disconnect(const Context& context, Request& request);

// In clients.cpp.
Deferred<Result> subscribe(const Context& context, Request& request);
Deferred<Result> refresh(const Context& context, Request& request);

// In revoke.cpp.
Deferred<Result> revoke_token(const Context& context, Request& request);
Deferred<Result> invalidate_user_tokens(const Context& context, Request& request);
std::string order_to_invalidate(const Context& context, Request request);

}  // namespace lws_chat::api
