#include "lws/vhost/monitoring.h"

#include "api/metrics.h"
#include "lws/vhost/registry.h"
#include "lws/vhost/vhost.h"

namespace lws_chat {

std::string metrics_of(VhostState& vhost) {
  ApiCalls calls;
  DoorFacts doors;
  doors.revocations = vhost.shared_hub().revocations().size();
  registry::each(vhost.context(), [&](VhostState& other) {
    if (!other.shares_hub_with(vhost)) return;
    other.door().add_to(doors);
    for (const auto& [call, count] : other.back_ends().calls()) calls[call] += count;
  });
  CertificateExpiries expiries = registry::certificate_expiries(vhost.context());
  return metrics_text(
      vhost.hub(), {vhost.shared_hub().fanout_name(), lws_get_library_version(), vhost.drain().begun(), calls, expiries,
                    doors, vhost.shared_hub().storage().counters(), vhost.shared_hub().shared_rooms().counters(),
                    vhost.shared_hub().deflater().counters(), vhost.shared_hub().inflater().counters()});
}

bool hub_is_full(const VhostState& vhost) {
  bool full = false;
  registry::each(vhost.context(), [&](VhostState& other) {
    uint64_t most = other.options().max_clients;
    full = full || (other.shares_hub_with(vhost) && most > 0 && other.connections().size() >= most);
  });
  return full;
}

}  // namespace lws_chat
