#include "host/token/describe_token.h"

#include <algorithm>
#include <ctime>
#include <iterator>

#include "core/log_text.h"
#include "jwt/claims.h"
#include "jwt/token.h"
#include "wire/base64.h"

namespace lws_chat {
namespace {

constexpr size_t kNameWidth = 18;
constexpr size_t kMostShown = 400;  // bytes of a value

struct ClaimText {
  std::string_view name;
  const char* words;
  enum { kText, kTime, kLifetime, kJson } kind;
};

constexpr ClaimText kHeader[] = {{"alg", "signed with", ClaimText::kText}, {"kid", "key", ClaimText::kText}};

// In the order of the report.
constexpr ClaimText kClaims[] = {
    {"sub", "user", ClaimText::kText},
    {"channel", "room", ClaimText::kText},
    {"client", "client", ClaimText::kText},
    {"exp", "valid until", ClaimText::kTime},
    {"nbf", "valid from", ClaimText::kTime},
    {"iat", "issued", ClaimText::kTime},
    {"expire_at", "access ends", ClaimText::kLifetime},
    {"iss", "issuer", ClaimText::kText},
    {"aud", "audience", ClaimText::kJson},
    {"jti", "id", ClaimText::kText},
    {"channels", "rooms", ClaimText::kJson},
    {"subs", "rooms", ClaimText::kJson},
    {"info", "info", ClaimText::kJson},
    {"b64info", "info", ClaimText::kText},
    {"data", "data", ClaimText::kJson},
    {"b64data", "data", ClaimText::kText},
    {"meta", "meta", ClaimText::kJson},
    {"override", "override", ClaimText::kJson},
};

std::string counted(int64_t count, const char* unit) {
  return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
}

std::string span(int64_t seconds) {
  if (seconds < 120) return counted(seconds, "second");
  if (seconds < 7200) return counted(seconds / 60, "minute");
  if (seconds < int64_t{2} * 86400) return counted(seconds / 3600, "hour");
  return counted(seconds / 86400, "day");
}

std::string describe_time(int64_t seconds, int64_t now) {
  std::string distance = seconds > now    ? "in " + span(seconds - now)
                         : seconds == now ? "now"
                                          : span(now - seconds) + " ago";
  char text[64];
  auto time = static_cast<time_t>(seconds);
  std::tm parts{};
  if (!gmtime_r(&time, &parts) || std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return std::to_string(seconds) + ", " + distance;
  return std::string(text) + ", " + distance;
}

// JSON with nothing that could steer a terminal.
std::string shown_json(const JsonValue& value) {
  std::string escaped = in_log(value.text, kMostShown);
  bool is_plain = escaped.size() ==
                  value.text.size() + 2 + static_cast<size_t>(std::count(value.text.begin(), value.text.end(), '"'));
  return is_plain ? std::string(value.text) : escaped;
}

std::string shown(const ClaimText& claim, const JsonValue& value, int64_t now) {
  int64_t seconds = 0;
  std::string text;
  if (claim.kind == ClaimText::kText && read_text(value, text)) return in_log(text, kMostShown);
  // 2^53, as in jwt/claims.
  bool is_time = claim.kind == ClaimText::kTime || claim.kind == ClaimText::kLifetime;
  if (!is_time || !read_number(value, -(int64_t{1} << 53), int64_t{1} << 53, seconds)) return shown_json(value);
  if (claim.kind == ClaimText::kLifetime && seconds <= 0) return "never";
  return describe_time(seconds, now);
}

std::string line(std::string_view words, std::string_view name, const std::string& value) {
  std::string text = "  " + std::string(words);
  if (!name.empty()) text += " (" + std::string(name) + ")";
  text.resize(std::max(text.size() + 1, kNameWidth + 4), ' ');
  return text + value + "\n";
}

// The line of a claim; empty: it is absent.
std::string line_of(const ClaimText& claim, const JsonObject& object, int64_t now) {
  const JsonValue* value = object.find(claim.name);
  return value ? line(claim.words, claim.name, shown(claim, *value, now)) : "";
}

// The bytes of a part between dots; empty: there is none. An invalid token may have parts that can be read.
std::string part(std::string_view token, int number) {
  if (token.size() > kLargestToken) return "";
  for (; number > 0; --number) {
    size_t dot = token.find('.');
    if (dot == std::string_view::npos) return "";
    token.remove_prefix(dot + 1);
  }
  return decode_base64url(token.substr(0, token.find('.'))).value_or("");
}

std::string other_claims(const JsonObject& payload) {
  std::string names;
  for (const JsonMember& member : payload.members()) {
    bool is_known = std::any_of(std::begin(kClaims), std::end(kClaims),
                                [&](const ClaimText& claim) { return claim.name == member.name; });
    if (!is_known) names += (names.empty() ? "" : ", ") + in_log(member.name);
  }
  return names;
}

}  // namespace

std::string describe_token(std::string_view token, int64_t now) {
  JsonObject header;
  JsonObject payload;
  std::string header_text = part(token, 0);
  std::string payload_text = part(token, 1);
  if (!payload.read(payload_text).empty()) return "";
  std::string text;
  if (header.read(header_text).empty())
    for (const ClaimText& field : kHeader) text += line_of(field, header, now);
  for (const ClaimText& claim : kClaims) text += line_of(claim, payload, now);
  std::string others = other_claims(payload);
  if (!others.empty()) text += line("without meaning", "", others);
  return text;
}

bool is_subscription_token(std::string_view token) {
  JsonObject payload;
  std::string payload_text = part(token, 1);
  std::string room;
  return payload.read(payload_text).empty() && read_channel(payload, room).empty() && !room.empty();
}

}  // namespace lws_chat
