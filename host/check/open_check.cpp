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
  if (!vhost.serves_chat) return;
  bool ruled = has_access_rule(vhost.chat);
  if (strangers_may_publish(vhost.chat)) {
    std::string begin = "vhost " + quoted(vhost.name) + " lets strangers publish: ";
    if (ruled)
      file.warn_at_key(chat, begin +
                                 "clients without a token may join rooms and publish there; \"anonymous\": \"0\" keeps "
                                 "them out, and \"may-publish\": \"users\" lets them only read");
    else if (vhost.chat.open)
      file.warn_at_value(member(chat, "open"),
                         begin + "everybody who can reach " + listening_address(vhost) +
                             " may join every room and publish there; without \"open\" it serves this machine only");
  }
  if (ruled || vhost.chat.open) return;
  // With trusted-proxies, other machines reach the vhost through them.
  bool only_here = vhost.unix_socket || listens_on_loopback(vhost);
  if (!only_here || !vhost.chat.trusted_proxies.empty())
    file.note_at_key(chat, "vhost " + quoted(vhost.name) +
                               " has no access rule, so it serves clients of this machine only; a token key or "
                               "connect-url is a rule, and \"open\": \"1\" lets in everybody who can reach " +
                               listening_address(vhost));
}

}  // namespace lws_chat
