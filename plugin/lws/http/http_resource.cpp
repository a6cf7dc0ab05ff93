#include "lws/http/http_resource.h"

#include <array>
#include <utility>

#include "core/utf8.h"
#include "lws/clock.h"
#include "lws/http/emulation.h"
#include "lws/http/header.h"
#include "lws/http/structured_entrance.h"
#include "lws/vhost/monitoring.h"
#include "lws/vhost/peer_address.h"
#include "lws/vhost/vhost.h"
#include "wire/field.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

bool has_method(lws* wsi, std::string_view name, lws_token_indexes h1) {
  std::string method = header(wsi, WSI_TOKEN_HTTP_COLON_METHOD);
  return method.empty() ? lws_hdr_total_length(wsi, h1) > 0 : method == name;
}

HttpAnswer not_allowed(std::string allow, std::string_view why) {
  HttpAnswer answer = refusal(405, why);
  answer.allow = std::move(allow);
  return answer;
}

// Judges a request of a back end by its method and key.
HttpAnswer judge_back_end(lws* wsi, VhostState* vhost, unsigned status_of_wrong_key) {
  if (!vhost || !vhost->serves() || vhost->back_ends().keys().empty()) return refusal(404, "not found");
  if (!is_post(wsi)) return not_allowed("POST", "only POST is possible here");
  std::string key = api_key(wsi);
  if (key.empty()) return refusal(401, "no key, expected \"Authorization: apikey KEY\"");
  if (!vhost->back_ends().keys().has(key)) return refusal(status_of_wrong_key, "wrong key");
  return {};
}

HttpAnswer judge_publish(lws* wsi, VhostState* vhost, std::string_view room) {
  HttpAnswer verdict = judge_back_end(wsi, vhost, 403);
  if (verdict.status != 200) return verdict;
  if (!is_room_name(room)) return refusal(400, "no room name, expected " + std::string(kRoomNames));
  std::string said = header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE);
  std::string_view type = media_type(said);
  if (same_token(type.substr(0, type.find('/')), "multipart"))
    return refusal(415, "the body has to be the message itself");
  return {};
}

// Publishes the body unchanged.
Deferred<HttpAnswer> publish(VhostState& vhost, const ResourceCall& call) {
  auto [name, body, caller] = call;
  if (vhost.drain().begun()) return refusal(503, "the server is shutting down");
  if (!is_utf8(body)) return refusal(400, "the message is not valid UTF-8");
  auto answer = [room = std::string(name)](const Published& published) {
    if (published.status != Status::kOk) {
      const StatusRow& row = describe(published.status);
      return refusal(row.http_status ? row.http_status : 503, row.text);
    }
    std::string json = "{\"result\":{\"room\":";
    append_quoted(json, room);
    const Position& position = published.position;
    if (!position.epoch.empty())
      json += ",\"epoch\":\"" + position.epoch + "\",\"offset\":" + std::to_string(position.offset);
    return HttpAnswer{200, json + ",\"clients\":" + std::to_string(published.clients) + "}}\n"};
  };
  Message message{body, Format::kText, {}, {}, false, unix_ms()};
  return vhost.hub().publish(kServerGrant, {name, message}, now()).map(answer);
}

// Centrifugo answers a wrong key with 401, and its client libraries know that.
HttpAnswer judge_call(lws* wsi, VhostState* vhost, std::string_view method) {
  HttpAnswer verdict = judge_back_end(wsi, vhost, 401);
  if (verdict.status != 200) return verdict;
  if (!ServerApi::has(method)) return refusal(404, "no such method");
  // curl says the third one with -d.
  std::string said = header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE);
  for (std::string_view known : {"", "application/json", "application/x-www-form-urlencoded", "text/plain"})
    if (same_token(media_type(said), known)) return {};
  return refusal(415, "the body has to be application/json");
}

Deferred<HttpAnswer> call(VhostState& vhost, const ResourceCall& call) {
  if (vhost.drain().begun()) return refusal(503, "the server is shutting down");
  return vhost.back_ends().api().call(call.rest, call.body, now(), unix_ms()).map([](const ServerApi::Answer& answer) {
    return HttpAnswer{answer.status, answer.json};
  });
}

// Judges a request for monitoring. A proxy on the same machine would make everybody an admin. So nobody gets these
// pages through a proxy, whatever it says of the client: see header.h.
HttpAnswer judge_admin(lws* wsi, VhostState* vhost, bool enabled) {
  if (!vhost || !vhost->options().enabled || !enabled) return refusal(404, "not found");
  if (!is_get(wsi) && !is_head(wsi)) return not_allowed("GET, HEAD", "only GET is possible here");
  PeerAddress peer(wsi);
  bool passed_on = peer.is_in(vhost->options().trusted_proxies) || was_forwarded(wsi);
  if (passed_on) return refusal(403, "not through a proxy, see the option admin-from");
  if (!peer.is_in(vhost->options().admin_from)) return refusal(403, "not from this address, see the option admin-from");
  return {};
}

HttpAnswer judge_metrics(lws* wsi, VhostState* vhost, std::string_view) {
  return judge_admin(wsi, vhost, vhost && vhost->options().metrics);
}

HttpAnswer judge_health(lws* wsi, VhostState* vhost, std::string_view) {
  return judge_admin(wsi, vhost, vhost && vhost->options().health);
}

Deferred<HttpAnswer> metrics(VhostState& vhost, const ResourceCall&) {
  return HttpAnswer{200, metrics_of(vhost), "text/plain; version=0.0.4; charset=utf-8"};
}

Deferred<HttpAnswer> alive(VhostState&, const ResourceCall&) { return HttpAnswer{200, "{\"status\":\"ok\"}\n"}; }

Deferred<HttpAnswer> ready(VhostState& vhost, const ResourceCall&) {
  if (!vhost.serves()) return refusal(503, describe(Status::kMisconfigured).text);
  if (vhost.drain().begun()) return refusal(503, "the server is shutting down");
  if (hub_is_full(vhost)) return refusal(503, "too many clients");
  const std::string& failure = vhost.shared_hub().storage().failure();
  if (!failure.empty()) return refusal(503, failure);
  std::string of_redis = vhost.shared_hub().shared_rooms().failure();
  if (!of_redis.empty()) return refusal(503, of_redis);
  return HttpAnswer{200, "{\"status\":\"ready\"}\n"};
}

uint64_t most_of_message(const Options& options) { return options.max_message; }
HttpAnswer call_too_large(const Options& options) {
  return refusal(413, "the request is larger than " + std::to_string(ServerApi::max_request(options)) + " bytes");
}

void count_publish(VhostState& vhost, std::string_view, unsigned status) { vhost.back_ends().count("pub", status); }
void count_call(VhostState& vhost, std::string_view method, unsigned status) {
  vhost.back_ends().count(ServerApi::has(method) ? std::string(method) : "unknown", status);
}
void count_nothing(VhostState&, std::string_view, unsigned) {}

constexpr std::array<HttpResource, 8> kResources = {{
    {"pub/", true, judge_publish, publish, most_of_message, message_too_large, count_publish},
    {"api/", true, judge_call, call, ServerApi::max_request, call_too_large, count_call},
    {"metrics", false, judge_metrics, metrics, nullptr, nullptr, count_nothing},
    {"healthz", false, judge_health, alive, nullptr, nullptr, count_nothing},
    {"readyz", false, judge_health, ready, nullptr, nullptr, count_nothing},
    {"emulation", true, judge_emulation, emulate, most_of_emulation, message_too_large, count_emulation, true},
    {"connection/http_stream", true, judge_lines, nullptr, most_of_message, message_too_large, count_entrance, true,
     open_lines},
    {"connection/sse", true, judge_events, nullptr, most_of_message, message_too_large, count_entrance, true,
     open_events},
}};

}  // namespace

HttpAnswer refusal(unsigned status, std::string_view why) {
  std::string body = "{\"error\":{\"code\":" + std::to_string(status) + ",\"message\":";
  append_quoted(body, why);
  HttpAnswer answer{status, body + "}}\n"};
  answer.why = why;
  return answer;
}

HttpAnswer message_too_large(const Options& options) {
  return refusal(413, "the message is larger than max-message, " + std::to_string(options.max_message) + " bytes");
}

const HttpResource* find_resource(std::string_view path, std::string_view& rest) {
  for (const HttpResource& resource : kResources) {
    std::string_view own = resource.path;
    if (own.back() == '/' ? path.compare(0, own.size(), own) != 0 : path != own) continue;
    rest = path.substr(own.size());
    return &resource;
  }
  return nullptr;
}

// The scheme is not case-sensitive (RFC 9110 section 11.1).
std::string api_key(lws* wsi) {
  constexpr std::string_view kScheme = "apikey ";
  std::string said = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
  std::string_view key = said;
  if (key.size() > kScheme.size() && same_token(key.substr(0, kScheme.size()), kScheme))
    return std::string(trimmed(key.substr(kScheme.size())));
  return custom_header(wsi, "x-api-key:");
}

bool is_post(lws* wsi) { return has_method(wsi, "POST", WSI_TOKEN_POST_URI); }
bool is_get(lws* wsi) { return has_method(wsi, "GET", WSI_TOKEN_GET_URI); }
bool is_head(lws* wsi) { return has_method(wsi, "HEAD", WSI_TOKEN_HEAD_URI); }
bool is_options(lws* wsi) { return has_method(wsi, "OPTIONS", WSI_TOKEN_OPTIONS_URI); }

}  // namespace lws_chat
