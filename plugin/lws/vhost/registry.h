#pragma once

#include <libwebsockets.h>

#include <cstdint>
#include <functional>

#include "api/metrics.h"

namespace lws_chat {

class VhostState;

// The vhosts of the process that have the plugin. lws gives them no other way to find each other. Several threads may
// serve contexts, and other threads publish: the registry is locked while a function runs, and no vhost goes away
// meanwhile. Work that it is given must not call the registry.
namespace registry {

void add(lws_context* context, lws_vhost* vhost, VhostState& state);
void remove(const VhostState& state);

// Calls `work` with each vhost of the context.
void each(const lws_context* context, const std::function<void(VhostState&)>& work);

// Calls `work` with this vhost. Returns false if it is not there.
bool with(const lws_vhost* vhost, const std::function<void(VhostState&)>& work);

// The time when a vhost's certificate expires, in seconds since 1970, as the host tells it; 0: no certificate.
void set_certificate_expiry(const lws_vhost* vhost, uint64_t unix_seconds);
CertificateExpiries certificate_expiries(const lws_context* context);

}  // namespace registry
}  // namespace lws_chat
