#include "host/check/config_check.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "config/suggestion.h"
#include "host/check/config_file.h"
#include "host/check/lejp_limits.h"
#include "host/check/lws_keys.h"
#include "host/check/path_check.h"
#include "host/check/plugin_check.h"
#include "host/check/vhost_check.h"
#include "redis/clash.h"
#include "sqlite/storage.h"

#ifndef LWS_CHAT_DEFAULT_PLUGIN_DIR
#error "define LWS_CHAT_DEFAULT_PLUGIN_DIR, the directory where the plugin is installed"
#endif

namespace lws_chat {
namespace {

// The objects in the array "vhosts" of a file.
std::vector<const cJSON*> vhosts_of(const ConfigFile& file) {
  std::vector<const cJSON*> found;
  const cJSON* list = cJSON_IsObject(file.root()) ? member(file.root(), "vhosts") : nullptr;
  if (!list || !cJSON_IsArray(list)) return found;
  for (const cJSON* item = list->child; item; item = item->next)
    if (cJSON_IsObject(item)) found.push_back(item);
  return found;
}

bool has_error(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::kError; });
}

class ConfigCheck {
 public:
  ConfigCheck(const std::string& dir, const std::string& plugin_dir_override)
      : dir_(dir), plugin_dir_override_(plugin_dir_override) {}

  ConfigReport check() {
    ConfigFiles read = read_config_files(dir_);
    report_.total_bytes = read.total_bytes;
    for (ConfigFile& file : read.files) check_top(file);
    // An unread file may set them, so do not report them as missing.
    if (syntax_failed_ || has_error(read.findings)) {
      globals_.init_ssl = true;
      if (!globals_.default_alpn) globals_.default_alpn = "http/1.1";
    }
    globals_.plugin_dir = !plugin_dir_override_.empty() ? plugin_dir_override_
                          : !report_.plugin_dir.empty() ? report_.plugin_dir
                                                        : LWS_CHAT_DEFAULT_PLUGIN_DIR;
    for (ConfigFile& file : read.files)
      for (const cJSON* vhost : vhosts_of(file)) vhosts_.push_back(check_vhost(file, vhost, globals_));
    for (size_t i = 0; i < vhosts_.size(); ++i)
      for (size_t j = 0; j < i; ++j) compare(vhosts_[j], vhosts_[i]);
    for (const ConfigFile& file : read.files) append(file.findings());
    append(read.findings);
    // A vhost may stand in an unread file, so do not report it as missing.
    if (!syntax_failed_ && !has_error(read.findings)) check_some_vhost_exists();
    check_plugin_dir();
    for (CheckedVhost& vhost : vhosts_) report_.vhosts.push_back(std::move(vhost.summary));
    return std::move(report_);
  }

 private:
  void append(const std::vector<Finding>& findings) {
    report_.findings.insert(report_.findings.end(), findings.begin(), findings.end());
  }

  // lws crashes on an unknown name. With a user and no group it keeps root's group.
  void check_identity(ConfigFile& file, const cJSON* global) {
    std::string user = text_member(global, "username");
    std::string group = text_member(global, "groupname");
    if (!user.empty() && !getpwnam(user.c_str()))
      file.error_at_value(member(global, "username"),
                          "user \"" + user + "\" does not exist: create it or name another");
    // lws changes user and groups even if they are right already, which only root may do.
    for (const char* name : {"username", "groupname", "uid", "gid"}) {
      const cJSON* named = geteuid() == 0 ? nullptr : member(global, name);
      if (named)
        file.error_at_key(named, quoted(name) +
                                     " needs a server that root starts: remove it (for a systemd service, User= in "
                                     "the unit sets the user)");
    }
    if (!group.empty() && !getgrnam(group.c_str()))
      file.error_at_value(member(global, "groupname"),
                          "group \"" + group + "\" does not exist: create it or name another");
    if (!user.empty() && group.empty() && !member(global, "gid"))
      file.warn_at_value(member(global, "username"),
                         "\"username\" without \"groupname\": the server keeps the group that started it; name both");
  }

  // Checks the top object of one file and its "global".
  void check_top(ConfigFile& file) {
    if (!file.root()) {
      syntax_failed_ = true;
      return;
    }
    check_lejp_limits(file);
    if (!cJSON_IsObject(file.root())) return;
    check_keys(file, KeyPlace::kTop, file.root());
    const cJSON* global = member(file.root(), "global");
    if (!cJSON_IsObject(global)) return;
    check_keys(file, KeyPlace::kGlobal, global);
    for (const cJSON* item = global->child; item; item = item->next) repeated(file, item);
    check_identity(file, global);
    if (flag_member(global, "init-ssl")) globals_.init_ssl = true;  // a later "0" does not turn it off in lws
    if (cJSON_IsString(member(global, "default-alpn"))) globals_.default_alpn = text_member(global, "default-alpn");
    const cJSON* plugin_dir = member(global, "plugin-dir");
    if (!cJSON_IsString(plugin_dir)) return;
    report_.plugin_dir = plugin_dir->valuestring;
    check_path(file, plugin_dir, report_.plugin_dir);
  }

  // A key twice in one object is an error. In several files the last one counts, which may be intended.
  void repeated(ConfigFile& file, const cJSON* item) {
    auto [first, is_new] = global_keys_.emplace(item->string, std::make_pair(file.name(), file.place_of(item)));
    if (!is_new && first->second.first != file.name())
      file.warn_at_key(
          item, quoted(item->string) + " is set again, first at " + first->second.second + ": the last one counts");
  }

  void compare(const CheckedVhost& first, const CheckedVhost& second) {
    if (!same_name(first, second)) same_port(first, second);
    same_hub(first, second);
    same_storage(first, second);
    same_redis(first, second);
  }

  // lws looks up a vhost by port and name and finds only the first one. The same name on another port is fine. Returns
  // true if they clash.
  bool same_name(const CheckedVhost& first, const CheckedVhost& second) {
    const VhostSummary& a = first.summary;
    const VhostSummary& b = second.summary;
    if (a.name.empty() || a.name != b.name || a.unix_socket != b.unix_socket) return false;
    if (a.unix_socket ? a.interface != b.interface : a.port == 0 || a.port != b.port) return false;
    std::string where = a.unix_socket ? "on the same socket" : "on port " + std::to_string(a.port);
    second.file->error_at_key(member(second.json, "name"),
                              "vhost " + quoted(b.name) + " exists twice " + where + ", first at " +
                                  first.file->place_of(member(first.json, "name")) +
                                  ": libwebsockets finds only the first; rename or remove one");
    return true;
  }

  void same_port(const CheckedVhost& first, const CheckedVhost& second) {
    const VhostSummary& a = first.summary;
    const VhostSummary& b = second.summary;
    if (a.unix_socket || b.unix_socket || a.port == 0 || a.port != b.port) return;
    // Compare the certificates, not `tls`: without init-ssl no vhost has TLS, and that is already reported.
    bool a_tls = !a.certificate.empty();
    bool b_tls = !b.certificate.empty();
    if (a_tls == b_tls) return shared_port(first, second);
    second.file->error_at_key(member(second.json, "port"),
                              "port " + std::to_string(b.port) + " is " + (b_tls ? "TLS" : "plain") + " here but " +
                                  (a_tls ? "TLS" : "plain") + " in vhost " + quoted(a.name) + " (" +
                                  first.file->place_of(member(first.json, "port")) +
                                  "): vhosts on one port share its listener; use another port");
  }

  // Reports a vhost once, with the first other vhost on its port.
  void shared_port(const CheckedVhost& first, const CheckedVhost& second) {
    if (!sharing_.insert(&second).second) return;
    const VhostSummary& a = first.summary;
    std::string also = "port " + std::to_string(a.port) + " is also that of vhost " + quoted(a.name) + " (" +
                       first.file->place_of(member(first.json, "port")) + ")";
    if (a.interface == second.summary.interface)
      also +=
          ": libwebsockets chooses by the Host field of a request, and uses " + quoted(a.name) + " for unknown names";
    else
      also +=
          " on another interface: libwebsockets chooses by port and Host only, so clients of one interface can ask for "
          "the vhost of the other; use another port";
    second.file->warn_at_key(member(second.json, "port"), also);
  }

  void same_hub(const CheckedVhost& first, const CheckedVhost& second) {
    const VhostSummary& a = first.summary;
    const VhostSummary& b = second.summary;
    if (!a.serves_chat || !b.serves_chat || !is_one_hub(a.chat, b.chat)) return;
    check_users(first, second);
    std::string differences;
    for (const std::string& option : hub_conflicts(a.chat, b.chat))
      differences += (differences.empty() ? "" : ", ") + option;
    if (differences.empty()) return;
    second.file->error_at_value(second.hub, "vhosts " + quoted(a.name) + " (" + first.file->place_of(first.hub) +
                                                ") and " + quoted(b.name) + " share the hub " +
                                                quoted(b.chat.hub_name) + " but differ in " + differences +
                                                ": set the same in both");
  }

  // One hub has one file.
  static void same_storage(const CheckedVhost& first, const CheckedVhost& second) {
    const Options& a = first.summary.chat;
    const Options& b = second.summary.chat;
    if (!first.summary.serves_chat || !second.summary.serves_chat || !a.storage.on()) return;
    if (!b.storage.on() || storage_file(a.storage.path) != storage_file(b.storage.path) || is_one_hub(a, b)) return;
    second.file->error_at_value(
        second.storage, "storage " + b.storage.path + " is also that of vhost " + quoted(first.summary.name) + " (" +
                            first.file->place_of(first.storage) +
                            "), which has another hub: set the same \"hub\" in both, or name another file");
  }

  // One hub has the rooms of a Redis.
  static void same_redis(const CheckedVhost& first, const CheckedVhost& second) {
    const Options& a = first.summary.chat;
    const Options& b = second.summary.chat;
    if (!first.summary.serves_chat || !second.summary.serves_chat || !a.redis.on() || !b.redis.on() || is_one_hub(a, b))
      return;
    std::string other = "vhost " + quoted(first.summary.name) + " (" + first.file->place_of(first.redis) + ")";
    std::string clash = redis_clash({b.redis.servers, b.redis.prefix}, {a.redis.servers, a.redis.prefix}, other);
    if (!clash.empty()) second.file->error_at_value(second.redis, clash);
  }

  // Where nobody confirms who clients are, they say it themselves, and the others cannot tell.
  static void check_users(const CheckedVhost& first, const CheckedVhost& second) {
    bool confirmed = has_access_rule(first.summary.chat);
    if (confirmed == has_access_rule(second.summary.chat)) return;
    const CheckedVhost& lax = confirmed ? second : first;
    const CheckedVhost& strict = confirmed ? first : second;
    if (!lax.summary.chat.open) return;  // only clients of this machine get in there
    second.file->warn_at_value(
        second.hub, "vhosts " + quoted(strict.summary.name) + " and " + quoted(lax.summary.name) + " share the hub " +
                        quoted(lax.summary.chat.hub_name) + ", but only " + quoted(strict.summary.name) +
                        " confirms who a client is: a client of " + quoted(lax.summary.name) +
                        " can call itself what it likes; set the " + "same token keys or connect-url in both");
  }

  void check_some_vhost_exists() {
    bool served =
        std::any_of(vhosts_.begin(), vhosts_.end(), [](const CheckedVhost& v) { return v.summary.serves_chat; });
    if (vhosts_.empty())
      report_.findings.push_back(
          {Severity::kError, dir_, 0, 0, "no file has a vhost, expected at least one in \"vhosts\""});
    else if (!served)
      report_.findings.push_back({Severity::kWarning, dir_, 0, 0,
                                  "no vhost serves lws-chat, expected {\"lws-chat\": {\"status\": \"ok\"}} in the "
                                  "ws-protocols of one"});
  }

  void check_plugin_dir() {
    std::string problem = check_plugin(globals_.plugin_dir);
    if (!problem.empty()) report_.findings.push_back({Severity::kError, globals_.plugin_dir, 0, 0, problem});
  }

  const std::string& dir_;
  const std::string& plugin_dir_override_;
  ConfigReport report_;
  Globals globals_;
  std::map<std::string, std::pair<std::string, std::string>> global_keys_;  // key: file, place
  std::vector<CheckedVhost> vhosts_;
  std::set<const CheckedVhost*> sharing_;  // vhosts that are already reported to share a port
  bool syntax_failed_ = false;
};

}  // namespace

bool ConfigReport::ok() const { return !has_error(findings); }

ConfigReport check_config(const std::string& dir, const std::string& plugin_dir_override) {
  return ConfigCheck(dir, plugin_dir_override).check();
}

std::string listening_address(const VhostSummary& vhost) {
  std::string scheme = vhost.tls ? "https " : "http ";
  if (vhost.unix_socket) return scheme + vhost.interface;
  bool is_ipv6 = vhost.interface.find(':') != std::string::npos;
  std::string host = vhost.interface.empty() ? "*" : is_ipv6 ? "[" + vhost.interface + "]" : vhost.interface;
  return scheme + host + ":" + std::to_string(vhost.port);
}

std::string place_of(const Finding& finding) {
  if (finding.line == 0) return finding.file;
  return finding.file + ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kError: return "error";
    case Severity::kWarning: return "warning";
    case Severity::kNote: return "note";
  }
  return "";
}

std::string describe(const Finding& finding) {
  return place_of(finding) + ": " + std::string(name_of(finding.severity)) + ": " + finding.text;
}

}  // namespace lws_chat
