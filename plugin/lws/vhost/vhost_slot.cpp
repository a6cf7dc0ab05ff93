#include "lws/vhost/vhost_slot.h"

#include <utility>

#include "lws/callback.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

// The protocol that the vhost's state belongs to; nullptr: the vhost has only the other one.
const lws_protocols* main_protocol(lws* wsi) {
  return asks_for_protobuf(wsi) ? lws_vhost_name_to_protocol(lws_get_vhost(wsi), LWS_CHAT_NAME) : lws_get_protocol(wsi);
}

VhostState** slot_of(lws* wsi) {
  const lws_protocols* protocol = main_protocol(wsi);
  return protocol ? static_cast<VhostState**>(lws_protocol_vh_priv_get(lws_get_vhost(wsi), protocol)) : nullptr;
}

}  // namespace

bool asks_for_protobuf(lws* wsi) { return lws_get_protocol(wsi)->id == LWS_CHAT_PROTOBUF_ID; }

void create_vhost_state(lws* wsi, const lws_protocol_vhost_options* options) {
  lws_vhost* vhost = lws_get_vhost(wsi);
  auto** slot = static_cast<VhostState**>(lws_protocol_vh_priv_zalloc(vhost, lws_get_protocol(wsi), sizeof(void*)));
  if (!slot) return lwsl_err("lws-chat: vhost %s: no memory\n", lws_get_vhost_name(vhost));
  *slot = new VhostState(lws_get_context(wsi), vhost, options);
}

void destroy_vhost_state(lws* wsi) {
  if (VhostState** slot = slot_of(wsi)) delete std::exchange(*slot, nullptr);
}

VhostState* vhost_of(lws* wsi) {
  VhostState** slot = slot_of(wsi);
  return slot ? *slot : nullptr;
}

}  // namespace lws_chat
