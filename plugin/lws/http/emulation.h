#pragma once

#include <libwebsockets.h>

#include <string_view>

#include "core/deferred.h"
#include "core/ending.h"
#include "lws/http/http_answer.h"
#include "lws/http/http_resource.h"

namespace lws_chat {

class EmulatedSessions;
class VhostState;

// POST /emulation: a message of a client that reads from a StructuredStream.
// {"session":ID,"node":NODE,"data":COMMANDS}, where `data` is a text. The reply to `connect` says the first two.
//
// Where a WebSocket would not be read, the answer waits: an SDK connects again after 404 and 5xx, and forgets the
// command after any other refusal.
HttpAnswer judge_emulation(lws* wsi, VhostState* vhost, std::string_view rest);
Deferred<HttpAnswer> emulate(VhostState& vhost, const ResourceCall& call);

// The same message, when another node was sent it. `data` is a JSON string if the client speaks JSON. Returns kOk when
// the session has taken it, kNoSession, or kBadRequest.
Status take_emulation(EmulatedSessions& sessions, std::string_view session, std::string_view data);

uint64_t most_of_emulation(const Options& options);
void count_emulation(VhostState& vhost, std::string_view rest, unsigned status);

}  // namespace lws_chat
