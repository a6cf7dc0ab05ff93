#pragma once

#include <string>
#include <string_view>

#include "api/methods.h"

namespace lws_chat {

// The entrance for back ends: the methods of Centrifugo's server HTTP API (centrifugal.dev/docs/server/server_api),
// with the same JSON. methods.h lists them.
class ServerApi {
 public:
  using Node = api::Node;

  struct Answer {
    unsigned status = 200;  // of HTTP
    std::string json;       // {"result":...} or {"error":{"code":...,"message":...}}, and a line end
  };

  // The arguments must outlive the hub's promises. `peers` are the other nodes; nullptr: there are none, or they do the
  // same.
  ServerApi(Hub& hub, Sessions& sessions, Idempotency& idempotency, Revocations& revocations, const Options& options,
            const Node& node, Peers* peers = nullptr)
      : hub_(hub),
        sessions_(sessions),
        idempotency_(idempotency),
        revocations_(revocations),
        options_(options),
        node_(node),
        peers_(peers) {}

  static bool has(std::string_view method);

  // Returns true if all nodes do what the method says. Others are answered by one node.
  static bool is_for_all_nodes(std::string_view method);

  // The largest request, in bytes.
  static uint64_t max_request(const Options& options);

  // Runs one request. Precondition: has(method). `unix_ms` is the time of day, in milliseconds since 1970.
  Deferred<Answer> call(std::string_view method, std::string_view body, Time now, int64_t unix_ms);

 private:
  Hub& hub_;
  Sessions& sessions_;
  Idempotency& idempotency_;
  Revocations& revocations_;
  const Options& options_;
  const Node& node_;
  Peers* peers_;
};

}  // namespace lws_chat
