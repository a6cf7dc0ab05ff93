#pragma once

#include <string>
#include <utility>

#include "access/api_keys.h"
#include "api/metrics.h"
#include "api/server_api.h"
#include "config/options.h"

namespace lws_chat {

class SharedHub;

// Service for back ends over HTTP: their keys, the server API, and a count of their requests.
class BackEnds {
 public:
  // The options have to outlive it.
  explicit BackEnds(const Options& options) : options_(options) {}

  // Reads the keys from api-key-file. Returns what is wrong, or an empty text. If something is wrong, the keys in use
  // stay.
  [[nodiscard]] std::string read_keys();
  const ApiKeys& keys() const { return keys_; }

  // Gives it the hub that the server API works on. To be called before api().
  void serve(SharedHub& hub) { hub_ = &hub; }
  ServerApi api();

  // Counts a request.
  void count(std::string method, unsigned status) { ++calls_[{std::move(method), status}]; }
  const ApiCalls& calls() const { return calls_; }

 private:
  const Options& options_;
  SharedHub* hub_ = nullptr;
  ApiKeys keys_;
  ApiCalls calls_;
};

}  // namespace lws_chat
