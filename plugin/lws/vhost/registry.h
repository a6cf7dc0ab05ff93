#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <functional>

#include "api/metrics.h"

namespace lws_chat {

class VhostState;

// The vhosts of the process that have the plugin. lws gives vhosts no other way to find each other, several threads may
// serve contexts of their own, and other threads publish. It is locked while the functions run, and no vhost goes away
// meanwhile; work that they are given must not call the registry.
namespace registry {

void add(lws_context* context, lws_vhost* vhost, VhostState& state);
void remove(const VhostState& state);

// Does the work with each vhost of the context.
void each(const lws_context* context, const std::function<void(VhostState&)>& work);

// Does the work with this vhost. Returns whether it is there.
bool with(const lws_vhost* vhost, const std::function<void(VhostState&)>& work);

// When the certificate of a vhost expires, in seconds since 1970, as the host tells; 0: it has none.
void set_certificate_expiry(const lws_vhost* vhost, uint64_t unix_seconds);
CertificateExpiries certificate_expiries(const lws_context* context);

}  // namespace registry
}  // namespace lws_chat
