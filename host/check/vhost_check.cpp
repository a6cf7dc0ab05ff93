#include "host/check/vhost_check.h"

#include <arpa/inet.h>
#include <grp.h>
#include <libwebsockets.h>
#include <net/if.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "access/api_keys.h"
#include "access/regular_file.h"
#include "config/option_table.h"
#include "config/suggestion.h"
#include "host/check/certificate_check.h"
#include "host/check/hook_check.h"
#include "host/check/lws_keys.h"
#include "host/check/mount_check.h"
#include "host/check/open_check.h"
#include "host/check/path_check.h"
#include "host/check/plugin_check.h"
#include "host/check/redis_check.h"
#include "host/check/storage_check.h"
#include "host/check/token_check.h"

namespace lws_chat {
namespace {

constexpr char kChatProtocol[] = "lws-chat";
constexpr char kProtobufProtocol[] = "centrifuge-protobuf";  // of the same plugin
constexpr int64_t kMaxPort = 65535;
constexpr char kOwnerExample[] = "lws-chat:www-data";
#if defined(LWS_WITH_IPV6)
constexpr bool kBuiltWithIpv6 = true;
#else
constexpr bool kBuiltWithIpv6 = false;
#endif
constexpr char kH2Danger[] =
    "HTTP/2 in this libwebsockets lets a hostile client crash the server (CVE-2026-19773), and it ignores the flow "
    "control window of WebSockets";
constexpr char kH2Remedy[] = ": write \"alpn\": \"http/1.1\"";

class VhostCheck {
 public:
  VhostCheck(ConfigFile& file, const cJSON* vhost, const Globals& globals)
      : file_(file), vhost_(vhost), globals_(globals), result_{{}, &file, vhost} {
    result_.summary.chat = default_options();
  }

  CheckedVhost check() {
    check_keys(file_, KeyPlace::kVhost, vhost_);
    name();
    listener();
    protocols();
    result_.summary.mounts = check_mounts(file_, member(vhost_, "mounts"), protocol_names_);
    tls();
    client_tls();
    always_on_flag();
    if (chat_) check_open(file_, chat_, summary());
    return std::move(result_);
  }

 private:
  VhostSummary& summary() { return result_.summary; }

  void name() {
    const cJSON* value = member(vhost_, "name");
    summary().name = text_member(vhost_, "name");
    if (!value)
      file_.error_at_value(vhost_, "vhost without \"name\", expected the host name that clients use");
    else if (cJSON_IsString(value) && summary().name.empty())
      file_.error_at_value(value, "empty \"name\", expected the host name that clients use");
  }

  void listener() {
    summary().unix_socket = flag_member(vhost_, "unix-socket");
    summary().interface = text_member(vhost_, "interface");
    if (summary().unix_socket) return socket_path();
    check_interface();
    const cJSON* value = member(vhost_, "port");
    summary().place = file_.place_of(value ? value : vhost_);
    if (!value) return file_.error_at_value(vhost_, "vhost without \"port\", expected a whole number from 1 to 65535");
    std::optional<int64_t> port = number_value(value);
    if (port == 0) file_.error_at_value(value, "\"port\" is 0, expected a whole number from 1 to 65535");
    // check_keys() has reported other wrong values.
    if (port && *port > 0 && *port <= kMaxPort) summary().port = static_cast<unsigned>(*port);
  }

  // lws starts without a vhost if its interface does not exist. In a build with IPv6 it turns an IPv4 address into the
  // IPv6 address of all zeros.
  void check_interface() {
    const std::string& interface = summary().interface;
    if (interface.empty()) return;
    const cJSON* value = member(vhost_, "interface");
    in6_addr address;
    if (inet_pton(AF_INET6, interface.c_str(), &address) == 1) return;
    if (inet_pton(AF_INET, interface.c_str(), &address) != 1) {
      if (if_nametoindex(interface.c_str()) == 0)
        file_.error_at_value(value,
                             "interface \"" + interface + "\" does not exist here, expected a name or an address");
    } else if (kBuiltWithIpv6 && !flag_member(vhost_, "noipv6")) {
      file_.error_at_value(value,
                           "with IPv6 on, libwebsockets would listen on all interfaces instead of this IPv4 address: "
                           "add \"noipv6\": \"1\", or give the name of the interface");
    }
  }

  void socket_path() {
    const cJSON* value = member(vhost_, "interface");
    summary().place = file_.place_of(value ? value : vhost_);
    const cJSON* port = member(vhost_, "port");
    if (port && number_value(port).value_or(0) != 0)
      file_.error_at_value(port, "a vhost has either a \"port\" or a \"unix-socket\": remove one of them");
    socket_owner();
    if (!value)
      return file_.error_at_key(member(vhost_, "unix-socket"),
                                "\"unix-socket\" without \"interface\", expected \"interface\" with the socket's path");
    bool is_abstract = summary().interface.compare(0, 1, "@") == 0;  // unix(7)
    if (!is_abstract) check_path(file_, value, summary().interface);
    size_t limit = sizeof(sockaddr_un::sun_path) - 1;
    if (summary().interface.size() > limit)
      file_.error_at_value(value, "socket path of " + std::to_string(summary().interface.size()) +
                                      " bytes, expected at most " + std::to_string(limit));
  }

  // lws needs both names, and changes nothing if one of them is root.
  void socket_owner() {
    const cJSON* value = member(vhost_, "unix-socket-perms");
    if (!cJSON_IsString(value)) return;
    std::string owner = text_member(vhost_, "unix-socket-perms");
    size_t colon = owner.find(':');
    const passwd* user = colon == std::string::npos ? nullptr : getpwnam(owner.substr(0, colon).c_str());
    const group* of = colon == std::string::npos ? nullptr : getgrnam(owner.substr(colon + 1).c_str());
    if (!user || !of || user->pw_uid == 0 || of->gr_gid == 0)
      return file_.error_at_value(value, "\"unix-socket-perms\" is " + quoted(owner) +
                                             ", expected an existing user and group, such as \"" + kOwnerExample +
                                             "\", neither of them root");
    summary().socket_owner = owner;
  }

  void protocols() {
    const cJSON* list = member(vhost_, "ws-protocols");
    if (!cJSON_IsArray(list)) return;
    for (const cJSON* entry = list->child; entry; entry = entry->next) {
      if (!cJSON_IsObject(entry)) continue;
      for (const cJSON* item = entry->child; item; item = item->next) protocol(item);
    }
  }

  void protocol(const cJSON* item) {
    std::string name = item->string;
    if (!expect_object(file_, item, "protocol " + quoted(name))) return;
    if (std::find(protocol_names_.begin(), protocol_names_.end(), name) != protocol_names_.end())
      file_.error_at_key(item, "protocol " + quoted(name) + " is named twice in this vhost: keep one");
    protocol_names_.push_back(name);
    presence_flags(item);
    if (name == kChatProtocol) return chat_options(item);
    check_text_map(file_, item, "of protocol " + quoted(name));
    if (!provides_protocol(globals_.plugin_dir, name == kProtobufProtocol ? kChatProtocol : name))
      file_.warn_at_key(item, "no plugin in " + globals_.plugin_dir + " provides the protocol " + quoted(name));
  }

  // lws makes a protocol the default (or the raw one) if the option exists, whatever its value.
  void presence_flags(const cJSON* protocol) {
    for (const char* option : {"default", "raw"}) {
      const cJSON* value = member(protocol, option);
      if (value && flag_value(value) == false)
        file_.warn_at_key(
            value, "libwebsockets turns " + quoted(option) + " on, whatever its value: remove it to turn it off");
    }
  }

  void chat_options(const cJSON* protocol) {
    chat_ = protocol;
    for (const cJSON* item = protocol->child; item; item = item->next) chat_option(item);
    std::string problem = finish_options(summary().chat);
    if (!problem.empty()) file_.error_at_key(protocol, problem);
    if (const cJSON* hub = member(protocol, "hub")) result_.hub = hub;
    api_key_file(protocol);
    check_hook_files(file_, protocol, summary().chat.hooks);
    check_token_options(file_, protocol, summary().chat.tokens);
    summary().serves_chat = summary().chat.enabled;
    if (const cJSON* storage = member(protocol, "storage")) result_.storage = storage;
    if (const cJSON* redis = member(protocol, "redis")) result_.redis = redis;
    if (summary().serves_chat) {
      check_storage(file_, protocol, summary().chat);
      check_redis(file_, protocol, summary().chat);
      return;
    }
    const cJSON* status = member(protocol, "status");
    std::string refusal = "this vhost refuses every upgrade, expected \"status\": \"ok\"";
    if (!status)
      file_.warn_at_key(protocol, "\"lws-chat\" without \"status\": " + refusal);
    else
      file_.warn_at_value(status, "\"status\" is not \"ok\": " + refusal);
  }

  void api_key_file(const cJSON* protocol) {
    const std::string& path = summary().chat.api_key_file;
    const cJSON* value = member(protocol, "api-key-file");
    if (path.empty() || !check_path(file_, value, path)) return;
    ApiKeys keys;
    std::string problem = keys.load(path);
    if (problem.empty()) return secret_file(value, path);
    file_.error_at_value(value, "api-key-file " + path + ": " + problem +
                                    " (the file has one key per line; 'openssl rand -hex 16' prints a key)");
  }

  void secret_file(const cJSON* value, const std::string& path) {
    struct stat status;
    if (stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH))
      file_.warn_at_value(value, path + ": every user of this machine can read it: chmod o-r " + path);
  }

  void chat_option(const cJSON* item) {
    std::string name = item->string;
    if (is_lws_option(name)) return;
    if (!find_option(name)) {
      std::string nearest = nearest_option(name);
      return file_.error_at_key(item, "unknown option " + quoted(name) + " of lws-chat" +
                                          (nearest.empty() ? "" : ", did you mean " + quoted(nearest) + "?"));
    }
    if (cJSON_IsNull(item)) return;
    if (cJSON_IsObject(item) || cJSON_IsArray(item))
      return file_.error_at_value(
          item, quoted(name) + " is not a text, expected " + option_range(*find_option(name)) + " in double quotes");
    if (!cJSON_IsString(item)) return file_.error_at_value(item, unquoted_problem(quoted(name), item));
    std::string problem = set_option(summary().chat, name, expand_text(item->valuestring));
    if (!problem.empty()) file_.error_at_value(item, name + ": " + problem);
  }

  void tls() {
    const cJSON* certificate = member(vhost_, "host-ssl-cert");
    const cJSON* key = member(vhost_, "host-ssl-key");
    summary().certificate = text_member(vhost_, "host-ssl-cert");
    summary().key = text_member(vhost_, "host-ssl-key");
    if (!certificate && !key) return;
    if (!key) return file_.error_at_key(certificate, "\"host-ssl-cert\" without \"host-ssl-key\": TLS needs both");
    if (!certificate) return file_.error_at_key(key, "\"host-ssl-key\" without \"host-ssl-cert\": TLS needs both");
    summary().tls = globals_.init_ssl;
    summary().own_ciphers = member(vhost_, "ciphers") != nullptr;
    summary().tls_options_cleared = static_cast<uint64_t>(number_value(member(vhost_, "ssl-option-clear")).value_or(0));
    if (!globals_.init_ssl)
      file_.error_at_key(certificate,
                         "this vhost has a certificate, but TLS is off, so the port would be unencrypted: set "
                         "\"init-ssl\": \"1\" in \"global\"");
    if (cJSON_IsString(certificate) && cJSON_IsString(key)) certificate_files(certificate, key);
    check_named_file(file_, member(vhost_, "host-ssl-ca"));
    http2(certificate);
  }

  void client_tls() {
    if (!flag_member(vhost_, "enable-client-ssl")) return;
    for (const char* name : {"client-ssl-cert", "client-ssl-key", "client-ssl-ca"})
      check_named_file(file_, member(vhost_, name));
  }

  void certificate_files(const cJSON* certificate, const cJSON* key) {
    const std::string& path = summary().certificate;
    bool absolute = check_path(file_, certificate, path);
    if (!check_path(file_, key, summary().key) || !absolute) return;
    bool is_missing = access(path.c_str(), F_OK) != 0 && errno == ENOENT;
    if (is_missing && flag_member(vhost_, "ignore-missing-cert"))
      return file_.warn_at_value(certificate, path + ": missing; \"ignore-missing-cert\" starts this vhost without it");
    CertificateCheck result = check_certificate(path, summary().key);
    bool about_key =
        path != summary().key && result.problem.compare(0, summary().key.size() + 1, summary().key + ":") == 0;
    if (!result.problem.empty()) file_.error_at_value(about_key ? key : certificate, result.problem);
    if (!result.warning.empty()) file_.warn_at_value(certificate, result.warning);
    if (result.problem.empty()) secret_file(key, summary().key);
  }

  // An "alpn" that names h2 is allowed, with a warning. h2 by lws's default is an error.
  void http2(const cJSON* certificate) {
#ifdef LWS_ROLE_H2
    const cJSON* alpn = member(vhost_, "alpn");
    if (alpn && names_h2(text_member(vhost_, "alpn")))
      file_.warn_at_value(alpn, std::string("\"alpn\" offers h2: ") + kH2Danger + kH2Remedy);
    if (alpn) return;
    if (!globals_.default_alpn)
      file_.error_at_key(certificate,
                         std::string("without \"alpn\" libwebsockets offers h2: ") + kH2Danger + kH2Remedy);
    else if (names_h2(*globals_.default_alpn))
      file_.warn_at_key(certificate, std::string("\"default-alpn\" offers h2: ") + kH2Danger + kH2Remedy);
#else
    (void)certificate;
#endif
  }

  static bool names_h2(std::string_view alpn) {
    for (size_t at = 0; at <= alpn.size();) {
      size_t end = std::min(alpn.find(',', at), alpn.size());
      std::string_view word = alpn.substr(at, end - at);
      while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
      if (word == "h2") return true;
      at = end + 1;
    }
    return false;
  }

  // The only flag that lws turns on whatever its value.
  void always_on_flag() {
    const cJSON* value = member(vhost_, "disable-no-protocol-ws-upgrades");
    if (value && flag_value(value) == false)
      file_.error_at_value(value,
                           "libwebsockets turns \"disable-no-protocol-ws-upgrades\" on, whatever its value: "
                           "remove the key to turn it off");
  }

  ConfigFile& file_;
  const cJSON* vhost_;
  const Globals& globals_;
  CheckedVhost result_;
  std::vector<std::string> protocol_names_;
  const cJSON* chat_ = nullptr;  // the object of lws-chat; null: the vhost does not name it
};

}  // namespace

CheckedVhost check_vhost(ConfigFile& file, const cJSON* vhost, const Globals& globals) {
  return VhostCheck(file, vhost, globals).check();
}

}  // namespace lws_chat
