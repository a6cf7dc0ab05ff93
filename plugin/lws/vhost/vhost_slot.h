#pragma once

#include <libwebsockets.h>

namespace lws_chat {

class VhostState;

// Returns true if the connection's client, or lws at the start of a vhost, means the protocol centrifuge-protobuf.
bool asks_for_protobuf(lws* wsi);

// lws's memory for each vhost and protocol holds one pointer to a VhostState.

// For PROTOCOL_INIT and PROTOCOL_DESTROY. `options` is nullptr if the vhost does not name the protocol.
void create_vhost_state(lws* wsi, const lws_protocol_vhost_options* options);
void destroy_vhost_state(lws* wsi);

// The state of a connection's vhost, or nullptr.
VhostState* vhost_of(lws* wsi);

}  // namespace lws_chat
