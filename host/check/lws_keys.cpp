#include "host/check/lws_keys.h"

#include <libwebsockets.h>
#include <strings.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "config/suggestion.h"

namespace lws_chat {
namespace {

// Features that this build of libwebsockets lacks, from lws_config.h. The version is put together here, because
// LWS_LIBRARY_VERSION also has a build hash or a dash.
#define LWS_CHAT_STRING(token) #token
#define LWS_CHAT_DOTTED(major, minor, patch) \
  LWS_CHAT_STRING(major) "." LWS_CHAT_STRING(minor) "." LWS_CHAT_STRING(patch)
#define LWS_CHAT_IGNORED                                                                       \
  "this libwebsockets (" LWS_CHAT_DOTTED(LWS_LIBRARY_VERSION_MAJOR, LWS_LIBRARY_VERSION_MINOR, \
                                         LWS_LIBRARY_VERSION_PATCH) ") ignores it"
#define LWS_CHAT_BUILT_WITHOUT(feature) LWS_CHAT_IGNORED ", built without " feature

constexpr std::string_view kUsed = "";
constexpr std::string_view kDeprecated = LWS_CHAT_IGNORED;

#if LWS_MAX_SMP > 1
constexpr std::string_view kThreads = kUsed;
#else
constexpr std::string_view kThreads = LWS_CHAT_BUILT_WITHOUT("threads");
#endif
#ifdef LWS_WITH_PEER_LIMITS
constexpr std::string_view kPeerLimits = kUsed;
#else
constexpr std::string_view kPeerLimits = LWS_CHAT_BUILT_WITHOUT("peer limits");
#endif
#ifdef LWS_WITH_ACCESS_LOG
constexpr std::string_view kAccessLog = kUsed;
#else
constexpr std::string_view kAccessLog = LWS_CHAT_BUILT_WITHOUT("access logs");
#endif
#if defined(LWS_WITH_CGI) || defined(LWS_ROLE_CGI)
constexpr std::string_view kCgi = kUsed;
#else
constexpr std::string_view kCgi = LWS_CHAT_BUILT_WITHOUT("CGI");
#endif
#ifdef LWS_WITH_HTTP_BASIC_AUTH
constexpr std::string_view kBasicAuth = kUsed;
#else
constexpr std::string_view kBasicAuth = LWS_CHAT_BUILT_WITHOUT("basic authentication");
#endif
#ifdef LWS_WITH_UNIX_SOCK
constexpr std::string_view kUnixSocket = kUsed;
#else
constexpr std::string_view kUnixSocket = LWS_CHAT_BUILT_WITHOUT("Unix sockets");
#endif
#ifdef LWS_WITH_IPV6
constexpr std::string_view kIpv6 = kUsed;
#else
constexpr std::string_view kIpv6 = LWS_CHAT_BUILT_WITHOUT("IPv6");
#endif
#ifdef LWS_ROLE_H2
constexpr std::string_view kHttp2 = kUsed;
#else
constexpr std::string_view kHttp2 = LWS_CHAT_BUILT_WITHOUT("HTTP/2");
#endif
#ifdef LWS_WITH_TLS
constexpr std::string_view kTls = kUsed;
#else
constexpr std::string_view kTls = LWS_CHAT_BUILT_WITHOUT("TLS");
#endif
#if defined(LWS_WITH_TLS) && defined(LWS_WITH_CLIENT)
constexpr std::string_view kTlsClient = kUsed;
#else
constexpr std::string_view kTlsClient = LWS_CHAT_BUILT_WITHOUT("a TLS client");
#endif

constexpr int64_t kAnyNumber = std::numeric_limits<int64_t>::max();

const std::vector<KeyRow> kTopKeys = {{"global", ValueType::kObject, kUsed}, {"vhosts", ValueType::kObjects, kUsed}};

const std::vector<KeyRow> kGlobalKeys = {
    {"uid", ValueType::kNumber, kUsed, -1},  // -1 stands for "not set"
    {"gid", ValueType::kNumber, kUsed, -1},
    {"username", ValueType::kText, kUsed},
    {"groupname", ValueType::kText, kUsed},
    {"count-threads", ValueType::kNumber, kThreads},
    {"init-ssl", ValueType::kFlag, kTls},
    {"server-string", ValueType::kText, kUsed},
    {"plugin-dir", ValueType::kText, kUsed},
    {"ws-pingpong-secs", ValueType::kNumber, kDeprecated},
    {"timeout-secs", ValueType::kNumber, kUsed},
    {"reject-service-keywords", ValueType::kTextMaps, kUsed},
    {"default-alpn", ValueType::kText, kTls},
    {"ip-limit-ah", ValueType::kNumber, kPeerLimits},
    {"ip-limit-wsi", ValueType::kNumber, kPeerLimits},
    {"rlimit-nofile", ValueType::kNumber, kUsed, 0, 10'000'000},  // libwebsockets turns more into 2560
};

const std::vector<KeyRow> kVhostKeys = {
    {"mounts", ValueType::kObjects, kUsed},
    {"ws-protocols", ValueType::kObjects, kUsed},
    {"headers", ValueType::kTextMaps, kUsed},
    {"name", ValueType::kText, kUsed},
    {"port", ValueType::kNumber, kUsed, 1, 65535},
    {"interface", ValueType::kText, kUsed},
    {"unix-socket", ValueType::kFlag, kUnixSocket},
    {"unix-socket-perms", ValueType::kText, kUnixSocket},
    {"sts", ValueType::kFlag, kUsed},
    {"host-ssl-key", ValueType::kText, kTls},
    {"host-ssl-cert", ValueType::kText, kTls},
    {"host-ssl-ca", ValueType::kText, kTls},
    {"access-log", ValueType::kText, kAccessLog},
    {"keepalive_timeout", ValueType::kNumber, kUsed},
    {"enable-client-ssl", ValueType::kFlag, kTlsClient},
    {"ciphers", ValueType::kText, kTls},
    {"tls13-ciphers", ValueType::kText, kTls},
    {"ecdh-curve", ValueType::kText, kDeprecated},
    {"noipv6", ValueType::kFlag, kIpv6},
    {"ipv6only", ValueType::kFlag, kIpv6},
    {"ssl-option-set", ValueType::kNumber, kTls, 0, kAnyNumber},
    {"ssl-option-clear", ValueType::kNumber, kTls, 0, kAnyNumber},
    {"client-ssl-key", ValueType::kText, kTlsClient},
    {"client-ssl-cert", ValueType::kText, kTlsClient},
    {"client-ssl-ca", ValueType::kText, kTlsClient},
    {"client-ssl-ciphers", ValueType::kText, kTlsClient},
    {"client-tls13-ciphers", ValueType::kText, kTlsClient},
    {"ssl-client-option-set", ValueType::kNumber, kTlsClient, 0, kAnyNumber},
    {"ssl-client-option-clear", ValueType::kNumber, kTlsClient, 0, kAnyNumber},
    {"client-cert-required", ValueType::kFlag, kTls},
    {"ignore-missing-cert", ValueType::kFlag, kTls},
    {"error-document-404", ValueType::kText, kUsed},
    {"alpn", ValueType::kText, kTls},
    {"strict-host-check", ValueType::kFlag, kUsed},
    {"onlyraw", ValueType::kFlag, kUsed},
    {"listen-accept-role", ValueType::kText, kUsed},
    {"listen-accept-protocol", ValueType::kText, kUsed},
    {"apply-listen-accept", ValueType::kFlag, kUsed},
    {"fallback-listen-accept", ValueType::kFlag, kUsed},
    {"allow-non-tls", ValueType::kFlag, kTls},
    {"redirect-http", ValueType::kFlag, kTls},
    {"allow-http-on-https", ValueType::kFlag, kTls},
    {"disable-no-protocol-ws-upgrades", ValueType::kFlag, kUsed},
    {"h2-half-closed-long-poll", ValueType::kFlag, kHttp2},
#if LWS_LIBRARY_VERSION_NUMBER >= 4003000
    {"fo-listen-queue", ValueType::kNumber, kUsed},
#endif
};

const std::vector<KeyRow> kMountKeys = {
    {"mountpoint", ValueType::kText, kUsed},
    {"origin", ValueType::kText, kUsed},
    {"protocol", ValueType::kText, kDeprecated},
    {"default", ValueType::kText, kUsed},
    {"auth-mask", ValueType::kNumber, kBasicAuth},
    {"basic-auth", ValueType::kText, kBasicAuth},
    {"cgi-timeout", ValueType::kNumber, kCgi},
    {"cgi-env", ValueType::kTextMaps, kCgi},
    {"pmo", ValueType::kTextMaps, kUsed},
    {"cache-max-age", ValueType::kNumber, kUsed},
    {"cache-reuse", ValueType::kFlag, kUsed},
    {"cache-revalidate", ValueType::kFlag, kUsed},
    {"cache-intermediaries", ValueType::kFlag, kUsed},
    {"extra-mimetypes", ValueType::kTextMap, kUsed},
    {"interpret", ValueType::kTextMap, kUsed},
};

std::string kind(const cJSON* value) {
  if (cJSON_IsObject(value)) return "an object";
  if (cJSON_IsArray(value)) return "an array";
  if (cJSON_IsString(value)) return "a text";
  if (cJSON_IsBool(value)) return "a flag";
  return "a number";
}

std::string bare_text(const cJSON* value) {
  if (cJSON_IsBool(value)) return cJSON_IsTrue(value) ? "1" : "0";
  std::optional<int64_t> whole = number_value(value);
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", value->valuedouble);
  return whole ? std::to_string(*whole) : text;
}

std::string expected_value(const KeyRow& row) {
  if (row.type == ValueType::kText) return "a text in double quotes";
  if (row.type == ValueType::kFlag) return "\"1\" or \"0\"";
  std::string least = std::to_string(row.least);
  if (row.most == kAnyNumber) return "a whole number, " + least + " or more";
  return "a whole number from " + least + " to " + std::to_string(row.most);
}

bool is_in_range(const KeyRow& row, const cJSON* value) {
  std::optional<int64_t> number = cJSON_IsBool(value) ? std::nullopt : number_value(value);
  if (number == 0 && row.name == "port") return true;  // correct with "unix-socket"
  return number && *number >= row.least && *number <= row.most;
}

// Returns what is wrong with a text, number or flag. Empty: nothing.
std::string scalar_problem(const KeyRow& row, const cJSON* value) {
  std::string name = quoted(row.name);
  std::string shown;
  if (cJSON_IsObject(value) || cJSON_IsArray(value)) {
    shown = kind(value);
  } else if (row.type == ValueType::kText) {
    return cJSON_IsString(value) ? "" : unquoted_problem(name, value);
  } else if (row.type == ValueType::kFlag ? flag_value(value).has_value() : is_in_range(row, value)) {
    return "";
  } else if (cJSON_IsBool(value)) {
    shown = cJSON_IsTrue(value) ? "true" : "false";
  } else {
    shown = cJSON_IsString(value) ? quoted(value->valuestring) : bare_text(value);
  }
  return name + " is " + shown + ", expected " + expected_value(row);
}

void check_type(ConfigFile& file, const KeyRow& row, const cJSON* value) {
  std::string name = quoted(row.name);
  bool list = row.type == ValueType::kObjects || row.type == ValueType::kTextMaps;
  if (cJSON_IsNull(value)) return;  // check_lejp_limits() reports it
  if (list && !cJSON_IsArray(value))
    return file.error_at_value(value, name + " is " + kind(value) + ", expected an array of objects [ { } ]");
  if (list) {
    for (const cJSON* item = value->child; item; item = item->next)
      if (expect_object(file, item, "an entry of " + name) && row.type == ValueType::kTextMaps)
        check_text_map(file, item, "in " + name);
  } else if (row.type == ValueType::kObject || row.type == ValueType::kTextMap) {
    if (expect_object(file, value, name) && row.type == ValueType::kTextMap) check_text_map(file, value, "in " + name);
  } else {
    std::string problem = scalar_problem(row, value);
    if (!problem.empty()) file.error_at_value(value, problem);
  }
}

std::string elsewhere(KeyPlace place, std::string_view name) {
  constexpr std::pair<KeyPlace, std::string_view> kPlaces[] = {{KeyPlace::kTop, "the top object"},
                                                               {KeyPlace::kGlobal, "\"global\""},
                                                               {KeyPlace::kVhost, "an entry of \"vhosts\""},
                                                               {KeyPlace::kMount, "an entry of \"mounts\""}};
  for (const auto& [other, where] : kPlaces)
    if (other != place && find_key(other, name)) return ", it belongs in " + std::string(where);
  return "";
}

}  // namespace

const std::vector<KeyRow>& known_keys(KeyPlace place) {
  switch (place) {
    case KeyPlace::kTop: return kTopKeys;
    case KeyPlace::kGlobal: return kGlobalKeys;
    case KeyPlace::kVhost: return kVhostKeys;
    case KeyPlace::kMount: break;
  }
  return kMountKeys;
}

const KeyRow* find_key(KeyPlace place, std::string_view name) {
  for (const KeyRow& row : known_keys(place))
    if (row.name == name) return &row;
  return nullptr;
}

void check_keys(ConfigFile& file, KeyPlace place, const cJSON* object) {
  for (const cJSON* item = object->child; item; item = item->next) {
    const KeyRow* row = find_key(place, item->string);
    if (!row) {
      std::vector<std::string_view> names;
      for (const KeyRow& known : known_keys(place)) names.push_back(known.name);
      std::string hint = elsewhere(place, item->string);
      std::string_view nearest = nearest_word(item->string, names);
      if (hint.empty() && !nearest.empty()) hint = ", did you mean " + quoted(nearest) + "?";
      file.error_at_key(item, "unknown key " + quoted(item->string) + hint);
      continue;
    }
    if (!row->ignored.empty()) file.warn_at_key(item, quoted(row->name) + ": " + std::string(row->ignored));
    check_type(file, *row, item);
  }
}

bool expect_object(ConfigFile& file, const cJSON* value, const std::string& what) {
  if (cJSON_IsObject(value)) return true;
  if (!cJSON_IsNull(value)) file.error_at_value(value, what + " is " + kind(value) + ", expected an object { }");
  return false;
}

void check_text_map(ConfigFile& file, const cJSON* object, const std::string& what) {
  for (const cJSON* item = object->child; item; item = item->next) {
    if (cJSON_IsString(item) || cJSON_IsNull(item)) continue;
    std::string name = quoted(item->string) + " " + what;
    if (cJSON_IsObject(item) || cJSON_IsArray(item))
      file.error_at_value(item, name + " is " + kind(item) + ", expected a text in double quotes");
    else
      file.error_at_value(item, unquoted_problem(name, item));
  }
}

const cJSON* member(const cJSON* object, const char* name) { return cJSON_GetObjectItemCaseSensitive(object, name); }

std::string text_member(const cJSON* object, const char* name) {
  const cJSON* value = member(object, name);
  return cJSON_IsString(value) ? expand_text(value->valuestring) : "";
}

std::optional<int64_t> number_value(const cJSON* value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53; a double holds every whole number up to this
  if (cJSON_IsNumber(value)) {
    double number = value->valuedouble;
    if (std::floor(number) != number || std::fabs(number) > kExact) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (!cJSON_IsString(value)) return std::nullopt;
  std::string_view text = value->valuestring;
  int64_t number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> flag_value(const cJSON* value) {
  if (cJSON_IsBool(value)) return cJSON_IsTrue(value) != 0;
  std::optional<int64_t> number = number_value(value);
  if (number && (*number == 0 || *number == 1)) return *number == 1;
  if (!cJSON_IsString(value)) return std::nullopt;
  for (const char* yes : {"on", "yes", "true"})
    if (strcasecmp(value->valuestring, yes) == 0) return true;
  for (const char* no : {"off", "no", "false"})
    if (strcasecmp(value->valuestring, no) == 0) return false;
  return std::nullopt;
}

bool flag_member(const cJSON* object, const char* name) { return flag_value(member(object, name)).value_or(false); }

std::string expand_text(std::string_view text) {
  constexpr std::string_view kDataDir = "_lws_ddir_";
  std::string expanded(text);
  size_t at = expanded.find(kDataDir);
  if (at != std::string::npos) expanded.replace(at, kDataDir.size(), LWS_INSTALL_DATADIR);
  return expanded;
}

std::string unquoted_problem(const std::string& what, const cJSON* value) {
  return what + " is " + kind(value) + " without quotes, and libwebsockets would append the next text to it: write \"" +
         bare_text(value) + "\"";
}

}  // namespace lws_chat
