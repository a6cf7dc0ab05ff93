#include "lws/vhost/registry.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "lws/vhost/vhost.h"

namespace lws_chat::registry {
namespace {

struct Entry {
  lws_context* context;
  lws_vhost* vhost;
  VhostState* state;
  uint64_t certificate_expiry = 0;
};

// All vhosts of the process.
std::mutex the_lock;
std::vector<Entry> entries;

}  // namespace

void add(lws_context* context, lws_vhost* vhost, VhostState& state) {
  std::lock_guard<std::mutex> lock(the_lock);
  entries.push_back({context, vhost, &state});
}

void remove(const VhostState& state) {
  std::lock_guard<std::mutex> lock(the_lock);
  auto is_it = [&state](const Entry& entry) { return entry.state == &state; };
  entries.erase(std::remove_if(entries.begin(), entries.end(), is_it), entries.end());
}

void each(const lws_context* context, const std::function<void(VhostState&)>& work) {
  std::lock_guard<std::mutex> lock(the_lock);
  for (const Entry& entry : entries)
    if (entry.context == context) work(*entry.state);
}

bool with(const lws_vhost* vhost, const std::function<void(VhostState&)>& work) {
  std::lock_guard<std::mutex> lock(the_lock);
  auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.vhost == vhost; });
  if (found == entries.end()) return false;
  work(*found->state);
  return true;
}

void set_certificate_expiry(const lws_vhost* vhost, uint64_t unix_seconds) {
  std::lock_guard<std::mutex> lock(the_lock);
  for (Entry& entry : entries)
    if (entry.vhost == vhost) entry.certificate_expiry = unix_seconds;
}

CertificateExpiries certificate_expiries(const lws_context* context) {
  std::lock_guard<std::mutex> lock(the_lock);
  CertificateExpiries expiries;
  for (const Entry& entry : entries)
    if (entry.context == context && entry.certificate_expiry > 0)
      expiries[{entry.state->name(), lws_get_vhost_port(entry.vhost)}] = entry.certificate_expiry;
  return expiries;
}

}  // namespace lws_chat::registry
