#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/idempotency.h"
#include "config/options.h"
#include "core/hub.h"
#include "dialect/centrifuge/client_error.h"
#include "dialect/centrifuge/request.h"
#include "dialect/centrifuge/session.h"

namespace lws_chat {

// What a back end may ask for: the methods of Centrifugo's server HTTP API
// (centrifugal.dev/docs/server/server_api), with JSON of the same form.
class ServerApi {
 public:
  struct Answer {
    unsigned status = 200;  // of HTTP
    std::string json;       // {"result":...} or {"error":{"code":...,"message":...}}
  };

  // How this server is called in the answer to `info`.
  struct Node {
    std::string uid;
    std::string name;
    Time started = 0;
  };

  ServerApi(Hub& hub, Sessions& sessions, Idempotency& idempotency, const Options& options, const Node& node)
      : hub_(hub), sessions_(sessions), idempotency_(idempotency), options_(options), node_(node) {}

  static bool has(std::string_view method);

  // How large a request may be, in bytes.
  static uint64_t max_request(const Options& options);

  // Does one request. Precondition: has(method). `unix_ms` is the time of day, in milliseconds since 1970.
  Deferred<Answer> call(std::string_view method, std::string_view body, Time now, int64_t unix_ms);

 private:
  struct Result;
  struct Publication;
  struct Method;
  static const Method* method_called(std::string_view name);

  Deferred<Result> publish(Request& request, Time now);
  Deferred<Result> broadcast(Request& request, Time now);
  Deferred<Result> presence(Request& request, Time now);
  Deferred<Result> presence_stats(Request& request, Time now);
  Deferred<Result> history(Request& request, Time now);
  Deferred<Result> history_remove(Request& request, Time now);
  Deferred<Result> channels(Request& request, Time now);
  Deferred<Result> info(Request& request, Time now);
  Deferred<Result> unsubscribe(Request& request, Time now);
  Deferred<Result> disconnect(Request& request, Time now);
  Deferred<Result> batch(Request& request, Time now);

  std::string read_publication(Request& request, Publication& publication) const;
  Deferred<Result> publish_to(std::string_view room, const Publication& publication, Time now);
  Deferred<std::string> command_of_batch(const JsonValue& command, Time now);

  // Whom a request is about; what is empty is not asked for.
  struct Who {
    std::string user;
    std::string client;
    std::string session;
  };
  static Who read_who(Request& request, std::string& problem);
  std::vector<Session*> sessions_of(const Who& who);

  Hub& hub_;
  Sessions& sessions_;
  Idempotency& idempotency_;
  const Options& options_;
  const Node& node_;
  int64_t unix_ms_ = 0;  // of the request
};

}  // namespace lws_chat
