#include "jwt/issuer.h"

#include "jwt/key.h"
#include "wire/base64.h"
#include "wire/json.h"

namespace lws_chat {
namespace {

constexpr char kHeader[] = R"({"alg":"HS256","typ":"JWT"})";

void add_name(std::string& json, std::string_view name) {
  if (json.size() > 1) json += ',';
  append_quoted(json, name);
  json += ':';
}

void add_text(std::string& json, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  add_name(json, name);
  append_quoted(json, text);
}

void add_time(std::string& json, std::string_view name, int64_t seconds) {
  if (seconds == 0) return;
  add_name(json, name);
  json += std::to_string(seconds);
}

std::string payload_of(const TokenRequest& request) {
  std::string json = "{";
  add_name(json, "sub");
  append_quoted(json, request.user);
  add_text(json, "channel", request.room);
  add_text(json, "aud", request.audience);
  add_text(json, "iss", request.issuer);
  add_text(json, "jti", request.id);
  add_time(json, "iat", request.issued_at);
  add_time(json, "exp", request.expires_at);
  return json + "}";
}

}  // namespace

std::string issue_token(const TokenRequest& request, const std::string& secret) {
  std::string text = base64url(kHeader) + "." + base64url(payload_of(request));
  return text + "." + base64url(Key::secret(secret).sign(*find_algorithm("HS256"), text));
}

}  // namespace lws_chat
