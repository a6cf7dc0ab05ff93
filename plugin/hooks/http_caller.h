#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/deferred.h"
#include "core/log/message.h"

namespace lws_chat {

struct HttpCall {
  std::string url;                        // http://, https://, or unix:/path/of/the/socket:/path
  std::string body{};                     // of a POST; empty: GET
  std::vector<std::string> headers{};     // "Name: value", without line breaks
  Time timeout = 1'000'000;               // microseconds from call() to the end of the reply
  size_t most_bytes = size_t{64} * 1024;  // of the reply's body
};

// Why there is no reply.
enum class HttpFailure : uint8_t {
  kNone,
  kTooMany,  // refused here: too many calls wait
  kTimeout,
  kFailed,
};

struct HttpReply {
  long status = 0;  // 0: there is no reply
  std::string body{};
  HttpFailure failure = HttpFailure::kNone;
  std::string problem{};  // in plain words: "connection refused"; empty if there is a reply
  Time took = 0;          // microseconds from call() to the end of the reply
};

class HttpWorker;

// Calls HTTP servers without blocking the loop's thread. A thread of its own runs all transfers; it begins with the
// first call. Names are looked up in further threads, so that a dead name server stops nobody else.
//
// HTTP/1.1 with kept-alive connections. No redirects, no proxy from the environment, no signals, certificates are
// verified. After a fork() the child must not use it.
class HttpCaller {
 public:
  struct Settings {
    size_t most_waiting = 1024;                            // calls without a reply; further ones are refused
    size_t most_bytes_waiting = size_t{16} * 1024 * 1024;  // bodies of these calls; one call always has a place
    size_t most_connections = 64;                          // to one server
    std::string ca_file{};  // PEM, trusted instead of the system's certificate authorities; empty: the system's
  };

  // `wake` is called from the other thread when deliver() should be called. It must not block.
  HttpCaller(std::function<void()> wake, Settings settings);

  // Aborts the calls that wait; their promises are dropped. Does not wait for servers or name servers.
  ~HttpCaller();
  HttpCaller(const HttpCaller&) = delete;
  HttpCaller& operator=(const HttpCaller&) = delete;

  Deferred<HttpReply> call(HttpCall call);

  // Keeps the promises of the calls that have ended. Whoever waits for one must not destroy the caller.
  void deliver();

  // Calls without a reply.
  size_t waiting() const { return waiting_.size(); }

 private:
  Settings settings_;
  std::function<void()> wake_;
  struct Waiting {
    Promise<HttpReply> promise{};
    size_t bytes = 0;  // of the call's body
  };
  std::unordered_map<uint64_t, Waiting> waiting_;
  size_t bytes_waiting_ = 0;
  uint64_t last_id_ = 0;
  std::unique_ptr<HttpWorker> worker_;
};

}  // namespace lws_chat
