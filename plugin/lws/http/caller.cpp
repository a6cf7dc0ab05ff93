#include "lws/http/caller.h"

#include <utility>

#include "lws/http/forwarded.h"
#include "lws/http/header.h"
#include "lws/http/http_resource.h"
#include "lws/vhost/admission.h"
#include "lws/vhost/vhost.h"
#include "wire/field.h"

namespace lws_chat {
namespace {

ForeignPage page_of(lws* wsi, VhostState& vhost) {
  std::string origin = header(wsi, WSI_TOKEN_ORIGIN);
  std::string host = target_host(wsi);
  bool tls = lws_is_ssl(lws_get_network_wsi(wsi));
  const Origins& origins = vhost.options().allowed_origins;
  if (origin.empty() || !origins.allow(origin, host, tls)) return {};
  return {origin, origins.allow_credentials(origin, host, tls)};
}

}  // namespace

Caller::Caller(lws* wsi, VhostState& vhost)
    : address(wsi, vhost.options().trusted_proxies),
      headers(fields_to_forward(wsi, vhost.options().hooks.forwarded_headers)),
      page(page_of(wsi, vhost)),
      encoding(sends_protobuf(wsi) ? Encoding::kProtobuf : Encoding::kJson) {}

bool sends_protobuf(lws* wsi) {
  std::string type = header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE);
  return same_token(media_type(type), "application/octet-stream");
}

HttpAnswer noted_refusal(lws* wsi, VhostState* vhost, Status status, const std::string& detail) {
  note_refusal(wsi, vhost, status, detail);
  const StatusRow& row = describe(status);
  HttpAnswer answer = refusal(row.http_status, row.text);
  answer.noted = true;
  return answer;
}

HttpAnswer refuse_method(lws* wsi, VhostState& vhost, std::string allow) {
  HttpAnswer answer = is_options(wsi) ? HttpAnswer{204, ""} : refusal(405, "only " + allow + " is possible here");
  answer.allow = std::move(allow);
  answer.page = page_of(wsi, vhost);
  return answer;
}

}  // namespace lws_chat
