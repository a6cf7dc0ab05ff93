#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <string_view>

#include "config/options.h"
#include "core/deferred.h"
#include "lws/http/http_answer.h"

namespace lws_chat {

class VhostState;

// Something that can be asked for below the mount of callback://lws-chat.
struct HttpResource {
  std::string_view path;  // what follows the mount; one that ends with / has more behind it
  bool takes_body;        // it is posted to, else it is got

  // What can be said against a request before its body has come; status 200: nothing. `vhost` may be nullptr.
  HttpAnswer (*judge)(lws* wsi, VhostState* vhost, std::string_view rest);

  // The answer to a request that has come whole; some answers have to wait.
  Deferred<HttpAnswer> (*serve)(VhostState& vhost, std::string_view rest, std::string_view body);

  // How large a body may be, and the answer to a larger one.
  uint64_t (*most)(const Options& options);
  HttpAnswer (*too_large)(const Options& options);

  void (*count)(VhostState& vhost, std::string_view rest, unsigned status);
};

// The resource that a path means, and what follows its own path; nullptr: none of these.
const HttpResource* find_resource(std::string_view path, std::string_view& rest);

// The key that a request shows; empty: none.
std::string api_key(lws* wsi);

// HTTP/2 has the method in a header, HTTP/1.1 in which header the path is.
bool is_post(lws* wsi);
bool is_get(lws* wsi);
bool is_head(lws* wsi);
bool is_options(lws* wsi);

}  // namespace lws_chat
