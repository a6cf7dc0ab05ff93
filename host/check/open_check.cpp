#include "host/check/open_check.h"

#include "access/address_range.h"
#include "config/suggestion.h"
#include "host/check/lws_keys.h"

namespace lws_chat {
namespace {

bool listens_on_loopback(const VhostSummary& vhost) {
  Address address;
  return vhost.interface == "lo" || (read_address(vhost.interface, address) && is_loopback(address));
}

}  // namespace

void check_open(ConfigFile& file, const cJSON* chat, const VhostSummary& vhost) {
  if (!vhost.serves_chat || has_access_rule(vhost.chat)) return;
  if (vhost.chat.open)
    return file.warn_at_value(member(chat, "open"),
                              "vhost " + quoted(vhost.name) + " lets strangers publish: everybody who can reach " +
                                  listening_address(vhost) +
                                  " may join every room and publish there; without \"open\" it serves this machine "
                                  "only");
  // With trusted-proxies, other machines reach the vhost through them.
  bool only_here = vhost.unix_socket || listens_on_loopback(vhost);
  if (!only_here || !vhost.chat.trusted_proxies.empty())
    file.note_at_key(chat,
                     "vhost " + quoted(vhost.name) +
                         " has no access rule, so it serves clients of this machine only; \"open\": \"1\" lets in "
                         "everybody who can reach " +
                         listening_address(vhost));
}

}  // namespace lws_chat
