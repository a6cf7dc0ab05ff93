#pragma once

#include <libwebsockets.h>

namespace lws_chat {

class VhostState;

// permessage-deflate (RFC 7692). The extension that lws is given negotiates and does nothing else: a WebSocket inflates
// its messages when they are whole, and streams of packed kinds are deflated once for all readers. lws's own extension
// would inflate, too, and crash on hostile input.

// The list of extensions for lws_context_creation_info. From the first call on, connections may negotiate.
const lws_extension* compression_extensions();

// CONFIRM_EXTENSION_OKAY. Returns true if the client's offer is accepted. `vhost` may be nullptr.
bool may_compress(lws* wsi, VhostState* vhost);

// ADD_HEADERS of a handshake that has negotiated: adds the parameters. Returns false if the answer that lws has written
// is not as expected.
[[nodiscard]] bool add_parameters(lws* wsi, lws_process_html_args& answer);

}  // namespace lws_chat
