#include "lws/vhost/vhost_slot.h"

#include <utility>

#include "lws/vhost/vhost.h"

namespace lws_chat {
namespace {

VhostState** slot_of(lws* wsi) {
  return static_cast<VhostState**>(lws_protocol_vh_priv_get(lws_get_vhost(wsi), lws_get_protocol(wsi)));
}

}  // namespace

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
