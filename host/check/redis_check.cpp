#include "host/check/redis_check.h"

#include <algorithm>
#include <vector>

#include "access/regular_file.h"
#include "config/suggestion.h"
#include "core/log_text.h"
#include "core/room/room_name.h"
#include "host/check/authorities.h"
#include "host/check/lws_keys.h"
#include "host/check/path_check.h"
#include "redis/address.h"

namespace lws_chat {
namespace {

class RedisCheck {
 public:
  RedisCheck(ConfigFile& file, const cJSON* protocol, const Options& options)
      : file_(file), protocol_(protocol), options_(options) {}

  void check() {
    if (!options_.redis.on()) return options_without_redis();
    std::vector<RedisServer> servers;
    const cJSON* value = member(protocol_, "redis");
    std::string problem = read_redis_urls(options_.redis.servers, servers);
    if (!problem.empty()) file_.error_at_value(value, "redis: " + problem);
    password_file();
    bool tls = std::any_of(servers.begin(), servers.end(), [](const RedisServer& server) { return server.tls; });
    authorities_file(tls || !problem.empty());
    nothing_is_shared(value);
    default_room(value);
  }

 private:
  void warn(const cJSON* value, const std::string& text) {
    if (value) file_.warn_at_value(value, text);
  }

  // The values that are set for all rooms and for namespaces.
  std::vector<const cJSON*> values_of(std::string_view option) const {
    std::vector<const cJSON*> found;
    for (const cJSON* item = protocol_->child; item; item = item->next) {
      std::string_view name = item->string;
      name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
      if (name == option) found.push_back(item);
    }
    return found;
  }

  void options_without_redis() {
    constexpr char kNoEffect[] = "it has no effect without \"redis\"";
    for (const char* option : {"redis-prefix", "redis-password-file", "redis-tls-ca-file"})
      warn(member(protocol_, option), kNoEffect);
    for (const cJSON* value : values_of("broker"))
      warn(value, std::string(kNoEffect) + ": all rooms are of this server alone");
  }

  void password_file() {
    const std::string& path = options_.redis.password_file;
    const cJSON* value = member(protocol_, "redis-password-file");
    if (path.empty() || !check_path(file_, value, path)) return;
    FileText read = read_secret_file(path);
    if (read.problem.empty() && (read.text.empty() || read.text[0] == '\n'))
      read.problem = "its first line is empty, expected the password there";
    if (!read.problem.empty()) file_.error_at_value(value, "redis-password-file " + path + ": " + read.problem);
  }

  void authorities_file(bool tls) {
    const std::string& path = options_.redis.tls_ca_file;
    const cJSON* value = member(protocol_, "redis-tls-ca-file");
    if (path.empty() || !check_path(file_, value, path)) return;
    std::string problem = authorities_problem(path);
    if (!problem.empty()) return file_.error_at_value(value, "redis-tls-ca-file " + path + ": " + problem);
    if (!tls) warn(value, "it has no effect: no URL in \"redis\" begins with rediss://");
  }

  void nothing_is_shared(const cJSON* value) {
    HubSettings settings = hub_settings(options_);
    bool shared = settings.rooms.shared || std::any_of(settings.namespaces.begin(), settings.namespaces.end(),
                                                       [](const auto& space) { return space.second.shared; });
    if (!shared) warn(value, "no room is in Redis: broker is local everywhere");
  }

  // Clients of `path` itself could join nothing.
  void default_room(const cJSON* value) {
    const std::string& room = options_.default_room;
    if (may_be_shared(room) || !hub_settings(options_).of(room).shared) return;
    const cJSON* set = member(protocol_, "default-room");
    file_.error_at_value(set ? set : value, "default-room is " + in_log(room) +
                                                ", but no room in Redis may have a name that begins with meta.: choose "
                                                "another name, or set broker to local");
  }

  ConfigFile& file_;
  const cJSON* protocol_;
  const Options& options_;
};

}  // namespace

void check_redis(ConfigFile& file, const cJSON* protocol, const Options& options) {
  RedisCheck(file, protocol, options).check();
}

}  // namespace lws_chat
