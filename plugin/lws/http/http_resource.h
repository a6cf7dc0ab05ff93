#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/options.h"
#include "core/deferred.h"
#include "lws/http/caller.h"
#include "lws/http/http_answer.h"
#include "lws/http/http_exchange.h"

namespace lws_chat {

class VhostState;

// A request that has come whole.
struct ResourceCall {
  std::string_view rest;  // of the path, see HttpResource
  std::string_view body;
  const Caller* caller;  // of a request for_clients
};

// A resource below the mount of callback://lws-chat.
struct HttpResource {
  std::string_view path;  // the path behind the mount; a path that ends with / has more behind it
  bool takes_body;        // true: requests are POST with a body; false: it is read by GET

  // Judges a request before its body has come. Status 200: nothing is wrong. `vhost` may be nullptr.
  HttpAnswer (*judge)(lws* wsi, VhostState* vhost, std::string_view rest);

  // Answers a request that has come whole, now or later.
  Deferred<HttpAnswer> (*serve)(VhostState& vhost, const ResourceCall& call);

  // Largest size of a body, and the answer to a larger one.
  uint64_t (*most)(const Options& options);
  HttpAnswer (*too_large)(const Options& options);

  void (*count)(VhostState& vhost, std::string_view rest, unsigned status);

  // True: the requests come from clients, not from back ends. Pages of allowed origins may read the answers, and the
  // body counts as input of clients.
  bool for_clients = false;

  // Replaces serve(): makes the exchange that goes on with a request that has come whole. `body` is not empty. Returns
  // nullptr if the server has no place for the client any more.
  std::unique_ptr<HttpExchange> (*open)(lws* wsi, VhostState& vhost, Caller caller, std::string body) = nullptr;
};

// Returns the resource of a path, and the `rest` behind its own path; nullptr if there is none.
const HttpResource* find_resource(std::string_view path, std::string_view& rest);

// The answer to a message over max-message.
HttpAnswer message_too_large(const Options& options);

// Returns the key that a request shows; empty: none.
std::string api_key(lws* wsi);

// HTTP/2 has the method in a field. HTTP/1.1 shows it by the field that holds the path.
bool is_post(lws* wsi);
bool is_get(lws* wsi);
bool is_head(lws* wsi);
bool is_options(lws* wsi);

}  // namespace lws_chat
