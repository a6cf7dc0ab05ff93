#include "lws/vhost/admission.h"

#include <utility>

#include "core/log_text.h"
#include "lws/clock.h"
#include "lws/http/header.h"
#include "lws/vhost/descriptors.h"
#include "lws/vhost/locality.h"
#include "lws/vhost/peer_address.h"
#include "lws/vhost/vhost.h"
#include "lws/vhost/waiting.h"

namespace lws_chat {
namespace {

// A vhost that everybody can reach is found by scanners within minutes, so it says this once. lws 4.3 cuts a line at
// 256 bytes.
void say_not_open(lws* wsi, VhostState& vhost) {
  if (std::exchange(vhost.entrance().said_so, true)) return;
  const std::vector<AddressRange>& proxies = vhost.options().trusted_proxies;
  bool forwarded = locality_of(wsi, proxies) == Locality::kBehindStranger;
  lwsl_warn(
      "lws-chat: vhost %s: refused %s with 403: %s; %sset a token key, connect-url, or \"open\": \"1\" to let "
      "everybody in\n",
      vhost.name(), PeerAddress(wsi, proxies).text().c_str(),
      forwarded ? "it came through a proxy that is not in trusted-proxies" : "it is not on this machine",
      forwarded ? "add it there, " : "");
}

}  // namespace

// Load balancers ask with HTTP/1.0 and without Host whether a server is well. Browsers never do.
bool asked_for_us(lws* wsi, VhostState& vhost, std::string& detail) {
  detail = target_host(wsi);
  return (detail.empty() && header(wsi, WSI_TOKEN_HTTP) == "HTTP/1.0") || vhost.entrance().own_names.has(detail);
}

Status judge_request(lws* wsi, VhostState* vhost, std::string& detail) {
  if (!vhost || !vhost->options().enabled) return Status::kNotFound;
  const Options& options = vhost->options();
  if (!vhost->serves()) return Status::kMisconfigured;
  if (vhost->entrance().for_this_machine && locality_of(wsi, options.trusted_proxies) != Locality::kThisMachine)
    return Status::kNotOpen;
  if (!asked_for_us(wsi, *vhost, detail)) return Status::kForeignHost;
  std::string origin = header(wsi, WSI_TOKEN_ORIGIN);
  std::string host = target_host(wsi);
  detail = origin + " at " + host;
  if (!options.allowed_origins.allow(origin, host, lws_is_ssl(lws_get_network_wsi(wsi))))
    return Status::kForbiddenOrigin;
  return Status::kOk;
}

Status judge_client(lws* wsi, VhostState* vhost, const std::vector<std::string>& rooms, std::string& detail) {
  if (vhost && vhost->serves() && vhost->drain().begun()) return Status::kGoingAway;
  Status request = judge_request(wsi, vhost, detail);
  if (request != Status::kOk) return request;
  const Options& options = vhost->options();
  // lws-chatd asks this once more, before it reads the request. In lwsws only lws knows of the connection then.
  detail = "file descriptors";
  if (!descriptor_affordable(lws_get_socket_fd(lws_get_network_wsi(wsi)))) return Status::kFull;
  detail = std::to_string(vhost->connections().size()) + " now";
  if (options.max_clients && vhost->connections().size() >= options.max_clients) return Status::kFull;
  detail = std::to_string(vhost->hub().rooms().size()) + " now";
  PeerAddress client(wsi, options.trusted_proxies);
  if (!vhost->hub().rooms().has_places(rooms, client.origin())) return Status::kTooManyRooms;
  if (!vhost->entrance().connect_rate.admit(client.origin(), now())) return Status::kTooManyJoins;
  return Status::kOk;
}

// Drops the connection without an answer: there is no request yet.
bool may_connect(lws* listener, VhostState* vhost, int fd) {
  if (!descriptor_affordable(fd)) return false;
  if (!vhost || !vhost->serves()) return true;
  const Options& options = vhost->options();
  waiting::Verdict verdict =
      waiting::arrives(fd, options.max_waiting, options.max_waiting_from, options.trusted_proxies);
  if (verdict == waiting::Verdict::kOk) return true;
  ++vhost->hub().counters().refused_by(Status::kTooManyWaiting);
  bool refused = verdict == waiting::Verdict::kTooManyFromAddress;
  if (vhost->may_log())
    lwsl_notice("lws-chat: vhost %s: dropped %s: %s (%s)\n", lws_get_vhost_name(lws_get_vhost(listener)),
                refused ? PeerAddress(fd).text().c_str() : "the one that waited longest",
                std::string(describe(Status::kTooManyWaiting).text).c_str(),
                refused ? "max-waiting-per-address" : "max-waiting");
  return !refused;
}

void note_refusal(lws* wsi, VhostState* vhost, Status status, const std::string& detail) {
  if (vhost && vhost->serves()) ++vhost->hub().counters().refused_by(status);
  if (vhost && status == Status::kNotOpen) return say_not_open(wsi, *vhost);
  const StatusRow& row = describe(status);
  PeerAddress client = vhost ? PeerAddress(wsi, vhost->options().trusted_proxies) : PeerAddress(wsi);
  if (!vhost || vhost->may_log())
    lwsl_notice("lws-chat: vhost %s: refused %s with %u: %s (%s)\n", lws_get_vhost_name(lws_get_vhost(wsi)),
                client.text().c_str(), row.http_status, std::string(row.text).c_str(), in_log(detail).c_str());
}

}  // namespace lws_chat
