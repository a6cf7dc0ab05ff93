#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <string_view>

#include "config/options.h"
#include "core/deferred.h"
#include "lws/http/http_answer.h"

namespace lws_chat {

class VhostState;

// A resource below the mount of callback://lws-chat.
struct HttpResource {
  std::string_view path;  // the path behind the mount; a path that ends with / has more behind it
  bool takes_body;        // true: requests are POST with a body; false: it is read by GET

  // Judges a request before its body has come. Status 200: nothing is wrong. `vhost` may be nullptr.
  HttpAnswer (*judge)(lws* wsi, VhostState* vhost, std::string_view rest);

  // Answers a request that has come whole, now or later.
  Deferred<HttpAnswer> (*serve)(VhostState& vhost, std::string_view rest, std::string_view body);

  // Largest size of a body, and the answer to a larger one.
  uint64_t (*most)(const Options& options);
  HttpAnswer (*too_large)(const Options& options);

  void (*count)(VhostState& vhost, std::string_view rest, unsigned status);
};

// Returns the resource of a path, and the `rest` behind its own path; nullptr if there is none.
const HttpResource* find_resource(std::string_view path, std::string_view& rest);

// Returns the key that a request shows; empty: none.
std::string api_key(lws* wsi);

// HTTP/2 has the method in a field. HTTP/1.1 shows it by the field that holds the path.
bool is_post(lws* wsi);
bool is_get(lws* wsi);
bool is_head(lws* wsi);
bool is_options(lws* wsi);

}  // namespace lws_chat
