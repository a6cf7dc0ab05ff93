#include "jwt/claims.h"

#include <charconv>
#include <cmath>
#include <set>

#include "core/utf8.h"
#include "wire/base64.h"

namespace lws_chat {
namespace {

// The largest whole number that all JSON parsers agree on: RFC 8259 section 6.
constexpr int64_t kLatest = (int64_t{1} << 53) - 1;

std::string not_text(std::string_view claim) { return "its " + std::string(claim) + " is not a text"; }

// A NumericDate, which may have a fraction: RFC 7519 section 2.
std::string read_time(const JsonObject& payload, std::string_view name, std::optional<int64_t>& time) {
  const JsonValue* value = payload.find(name);
  if (!value) return "";
  double seconds = 0;
  const char* end = value->text.data() + value->text.size();
  auto [stop, error] = std::from_chars(value->text.data(), end, seconds);
  bool is_number = value->kind == JsonKind::kNumber && error == std::errc() && stop == end;
  if (!is_number || std::fabs(seconds) > static_cast<double>(kLatest))
    return "its " + std::string(name) + " is not a number of seconds since 1970";
  time = static_cast<int64_t>(std::ceil(seconds));
  return "";
}

std::string read_audience(const JsonValue* value, std::vector<std::string>& audience) {
  std::string name;
  if (!value) return "";
  if (value->kind != JsonKind::kArray) {
    if (!read_text(*value, name)) return "its aud is not a text or a list of texts";
    audience.push_back(std::move(name));
    return "";
  }
  for (const JsonValue& element : elements_of(*value)) {
    if (!read_text(element, name)) return "its aud is not a list of texts";
    audience.push_back(name);
  }
  return "";
}

// Reads info or data: JSON as it stands, or else JSON in base64. Centrifugo relays other bytes to clients that speak
// protobuf; ours speak JSON.
std::string read_payload(const JsonObject& object, const std::string& name, std::string& json) {
  std::string encoded_name = "b64" + name;
  std::string encoded;
  if (!object.read_text(encoded_name, encoded)) return not_text(encoded_name);
  if (encoded.empty()) {
    if (const JsonValue* value = object.find(name)) json = on_one_line(value->text);
    return "";
  }
  std::optional<std::string> decoded = decode_base64(encoded);
  if (!decoded) return "its " + encoded_name + " is not base64";
  JsonValue value;
  if (!is_utf8(*decoded) || !read_json(*decoded, value)) return "its " + encoded_name + " is not JSON in base64";
  json = on_one_line(value.text);
  return "";
}

// {"value": true}; without a value it is false, as in Centrifugo.
std::string read_override_flag(const JsonObject& overrides, std::string_view name, std::optional<bool>& flag) {
  const JsonValue* value = overrides.find(name);
  if (!value) return "";
  JsonObject object;
  std::string problem = object.read(value->text);
  const JsonValue* on = object.find("value");
  if (!problem.empty() || (on && on->kind != JsonKind::kBool))
    return "its override of " + std::string(name) + " is not {\"value\": true} or false";
  flag = on && on->is_true();
  return "";
}

std::string read_override(const JsonObject& object, SubscriptionOverride& result) {
  const JsonValue* value = object.find("override");
  if (!value) return "";
  JsonObject overrides;
  std::string problem = overrides.read(value->text);
  if (!problem.empty()) return "its override " + problem;
  problem = read_override_flag(overrides, "presence", result.presence);
  if (problem.empty()) problem = read_override_flag(overrides, "join_leave", result.join_leave);
  if (problem.empty()) problem = read_override_flag(overrides, "force_push_join_leave", result.force_push_join_leave);
  if (problem.empty()) problem = read_override_flag(overrides, "force_recovery", result.force_recovery);
  if (problem.empty()) problem = read_override_flag(overrides, "force_positioning", result.force_positioning);
  return problem;
}

// Info, data and override, which a subscription's token has as well as a room among subs.
template <typename Subscription>
std::string read_subscription(const JsonObject& object, Subscription& subscription) {
  std::string problem = read_payload(object, "info", subscription.info);
  if (problem.empty()) problem = read_payload(object, "data", subscription.data);
  if (problem.empty()) problem = read_override(object, subscription.override);
  return problem;
}

// expire_at instead of exp: a token may be good for a moment and its connection for longer. Zero: never.
std::string read_expiry(const JsonObject& payload, const RegisteredClaims& registered, int64_t& expires_at) {
  expires_at = registered.expires.value_or(0);
  const JsonValue* value = payload.find("expire_at");
  if (!value) return "";
  if (!read_number(*value, -kLatest, kLatest, expires_at)) return "its expire_at is not a whole number of seconds";
  if (expires_at < 0) expires_at = 0;
  return "";
}

std::string read_subs(const JsonValue& subs, std::vector<ServerSubscription>& subscriptions) {
  JsonObject rooms;
  std::string problem = rooms.read(subs.text);
  if (!problem.empty()) return "its subs " + problem;
  for (const JsonMember& member : rooms.members()) {
    ServerSubscription subscription;
    subscription.room = member.name;
    JsonObject settings;
    if (member.value.kind != JsonKind::kNull) problem = settings.read(member.value.text);
    if (!problem.empty()) return "a room among its subs " + problem;
    problem = read_subscription(settings, subscription);
    if (!problem.empty()) return problem;
    subscriptions.push_back(std::move(subscription));
  }
  return "";
}

std::string read_channels(const JsonValue& channels, std::vector<ServerSubscription>& subscriptions) {
  if (channels.kind != JsonKind::kArray) return "its channels are not a list";
  std::set<std::string, std::less<>> seen;
  for (const JsonValue& element : elements_of(channels)) {
    std::string room;
    if (!read_text(element, room)) return "its channels are not a list of texts";
    if (!seen.insert(room).second) continue;
    subscriptions.emplace_back();
    subscriptions.back().room = std::move(room);
  }
  return "";
}

// subs count if there are any; channels otherwise.
std::string read_rooms(const JsonObject& payload, std::vector<ServerSubscription>& subscriptions) {
  std::vector<ServerSubscription> channels;
  std::string problem;
  if (const JsonValue* value = payload.find("channels")) problem = read_channels(*value, channels);
  if (!problem.empty()) return problem;
  if (const JsonValue* value = payload.find("subs")) problem = read_subs(*value, subscriptions);
  if (problem.empty() && subscriptions.empty()) subscriptions = std::move(channels);
  return problem;
}

template <typename Claims>
void copy_registered(const RegisteredClaims& registered, Claims& claims) {
  claims.user = registered.user;
  claims.id = registered.id;
  claims.issued_at = registered.issued.value_or(0);
}

}  // namespace

std::string read_registered(const JsonObject& payload, RegisteredClaims& claims) {
  if (!payload.read_text("sub", claims.user)) return not_text("sub");
  if (!payload.read_text("jti", claims.id)) return not_text("jti");
  if (!payload.read_text("iss", claims.issuer)) return not_text("iss");
  std::string problem = read_audience(payload.find("aud"), claims.audience);
  if (problem.empty()) problem = read_time(payload, "exp", claims.expires);
  if (problem.empty()) problem = read_time(payload, "nbf", claims.not_before);
  if (problem.empty()) problem = read_time(payload, "iat", claims.issued);
  return problem;
}

std::string read_channel(const JsonObject& payload, std::string& room) {
  return payload.read_text("channel", room) ? "" : not_text("channel");
}

std::string read_claims(const JsonObject& payload, const RegisteredClaims& registered, ConnectionClaims& claims) {
  std::string room;
  std::string problem = read_channel(payload, room);
  if (!problem.empty()) return problem;
  if (!room.empty()) return "it is the token of a subscription: a connection's has no channel";
  copy_registered(registered, claims);
  problem = read_expiry(payload, registered, claims.expires_at);
  if (problem.empty()) problem = read_payload(payload, "info", claims.info);
  if (const JsonValue* meta = payload.find("meta")) claims.meta = on_one_line(meta->text);
  if (problem.empty()) problem = read_rooms(payload, claims.subscriptions);
  return problem;
}

std::string read_claims(const JsonObject& payload, const RegisteredClaims& registered, SubscriptionClaims& claims) {
  std::string problem = read_channel(payload, claims.room);
  if (!problem.empty()) return problem;
  if (claims.room.empty()) return "it is not the token of a subscription: it has no channel";
  copy_registered(registered, claims);
  if (!payload.read_text("client", claims.client)) return not_text("client");
  problem = read_expiry(payload, registered, claims.expires_at);
  if (problem.empty()) problem = read_subscription(payload, claims);
  return problem;
}

}  // namespace lws_chat
