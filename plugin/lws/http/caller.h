#pragma once

#include <libwebsockets.h>

#include <memory>

#include "access/hook.h"
#include "core/ending.h"
#include "dialect/centrifuge/encoding.h"
#include "lws/http/http_answer.h"
#include "lws/vhost/peer_address.h"

namespace lws_chat {

class VhostState;

// Who sent an HTTP request. It is read at once: lws may drop the headers of a request while its body comes.
struct Caller {
  Caller(lws* wsi, VhostState& vhost);

  PeerAddress address;
  std::shared_ptr<const HookHeaders> headers;  // that back ends are shown; nullptr: none
  ForeignPage page;                            // empty if the page's origin is not allowed
  Encoding encoding;                           // of the body, by its media type
};

// Returns true if the request says that its body is bytes, which means protobuf.
bool sends_protobuf(lws* wsi);

// Logs and counts a refusal by admission, and returns the answer.
HttpAnswer noted_refusal(lws* wsi, VhostState* vhost, Status status, const std::string& detail);

// The answer to a request with a method that is not among `allow`; 204 to OPTIONS, with which browsers ask whether a
// page may send the request.
HttpAnswer refuse_method(lws* wsi, VhostState& vhost, std::string allow);

}  // namespace lws_chat
