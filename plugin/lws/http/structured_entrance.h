#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>
#include <string_view>

#include "lws/http/caller.h"
#include "lws/http/http_answer.h"
#include "lws/http/http_exchange.h"

namespace lws_chat {

class VhostState;

// The requests that begin a StructuredStream, as Centrifugo has them: POST /connection/http_stream and POST
// /connection/sse with commands as the body, and GET /connection/sse?cf_connect=COMMANDS.
inline constexpr std::string_view kStructuredEvents = "connection/sse";

// Returns true if the vhost serves the structured dialect in this way. `vhost` may be nullptr.
bool has_structured_streams(const VhostState* vhost);

// Parts of their rows in the table of resources.
HttpAnswer judge_lines(lws* wsi, VhostState* vhost, std::string_view rest);
HttpAnswer judge_events(lws* wsi, VhostState* vhost, std::string_view rest);
std::unique_ptr<HttpExchange> open_lines(lws* wsi, VhostState& vhost, Caller caller, std::string commands);
std::unique_ptr<HttpExchange> open_events(lws* wsi, VhostState& vhost, Caller caller, std::string commands);
void count_entrance(VhostState& vhost, std::string_view rest, unsigned status);

// The GET, which has no body. `vhost` may be nullptr. The caller deletes the result.
HttpExchange* open_structured_events(lws* wsi, VhostState* vhost);

}  // namespace lws_chat
