#include "lws/http/credentials.h"

#include <algorithm>
#include <utility>

#include "core/hub.h"
#include "lws/clock.h"
#include "lws/http/forwarded.h"
#include "lws/http/header.h"
#include "lws/vhost/vhost.h"
#include "wire/field.h"

namespace lws_chat {
namespace {

constexpr std::string_view kBearer = "bearer ";

// The scheme is not case-sensitive (RFC 9110 section 11.1).
std::string bearer_token(lws* wsi) {
  std::string said = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
  std::string_view field = said;
  if (field.size() <= kBearer.size() || !same_token(field.substr(0, kBearer.size()), kBearer)) return {};
  return std::string(trimmed(field.substr(kBearer.size())));
}

// The value of the first cookie of that name: "a=1; b=2", RFC 6265 section 4.2. HTTP/2 may send several fields, which
// lws joins in the same way.
std::string cookie(lws* wsi, std::string_view name) {
  std::string field = header(wsi, WSI_TOKEN_HTTP_COOKIE);
  std::string_view rest = field;
  while (!rest.empty()) {
    std::string_view pair = trimmed(rest.substr(0, rest.find(';')));
    rest.remove_prefix(std::min(rest.size(), rest.find(';')));
    if (!rest.empty()) rest.remove_prefix(1);
    size_t sign = pair.find('=');
    if (sign == std::string_view::npos || pair.substr(0, sign) != name) continue;
    std::string_view value = pair.substr(sign + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

}  // namespace

std::string token_in(lws* wsi, const Options& options) {
  std::string token = bearer_token(wsi);
  if (token.empty() && !options.token_cookie.empty()) token = cookie(wsi, options.token_cookie);
  return token.empty() ? argument(wsi, "token") : token;
}

bool needs_arrival(lws* wsi, VhostState& vhost, const std::string& room) {
  const RoomSettings& settings = vhost.hub().settings_of(room);
  return settings.subscribe_hook || settings.publish_hook || !vhost.door().doorman().admits_anybody() ||
         !token_in(wsi, vhost.options()).empty();
}

std::unique_ptr<Arrival> arrival_of(lws* wsi, VhostState& vhost, std::string_view transport, std::string_view protocol,
                                    const std::vector<std::string>& rooms) {
  Arrival::Place place{vhost.hub(), vhost.shared_hub().sessions(), vhost.door().doorman()};
  Pass pass;
  pass.client = place.hub.next_id();
  pass.transport = transport;
  pass.protocol = protocol;
  pass.headers = fields_to_forward(wsi, vhost.options().hooks.forwarded_headers);
  for (const std::string& room : rooms) pass.rooms.push_back({room});
  return std::make_unique<Arrival>(place, token_in(wsi, vhost.options()), std::move(pass), unix_ms() / 1000);
}

}  // namespace lws_chat
