#include "host/check/mount_check.h"

#include <dirent.h>
#include <libwebsockets.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string_view>

#include "config/suggestion.h"
#include "host/check/lws_keys.h"
#include "host/check/path_check.h"

namespace lws_chat {
namespace {

constexpr size_t kMaxMountpoint = 255;  // lws keeps its length in one byte

// lws's parser accepts these origins, but a build without the feature would look for a file of that name.
#if defined(LWS_WITH_CGI) || defined(LWS_ROLE_CGI)
constexpr std::string_view kNoCgi = "";
#else
constexpr std::string_view kNoCgi = "this libwebsockets is built without CGI";
#endif
#ifdef LWS_WITH_HTTP_PROXY
constexpr std::string_view kNoProxy = "";
#else
constexpr std::string_view kNoProxy = "this libwebsockets is built without the HTTP proxy";
#endif

struct Scheme {
  std::string_view prefix;
  std::string_view missing;  // the missing feature; empty: none
};

constexpr Scheme kSchemes[] = {
    {"file://", ""},    {"callback://", ""}, {">http://", ""},      {">https://", ""},
    {"cgi://", kNoCgi}, {"gzip://", ""},     {"http://", kNoProxy}, {"https://", kNoProxy},
};

// Returns why a folder cannot be served. Empty: it can.
std::string folder_problem(const std::string& folder) {
  DIR* open = opendir(folder.c_str());
  if (!open) return std::strerror(errno);
  closedir(open);
  return access(folder.c_str(), R_OK | X_OK) == 0 ? "" : std::strerror(errno);
}

void check_origin(ConfigFile& file, const cJSON* value, const std::vector<std::string>& protocols) {
  std::string origin = expand_text(value->valuestring);
  const Scheme* scheme = std::find_if(std::begin(kSchemes), std::end(kSchemes), [&origin](const Scheme& known) {
    return origin.compare(0, known.prefix.size(), known.prefix) == 0;
  });
  if (scheme == std::end(kSchemes))
    return file.error_at_value(value, quoted(origin) +
                                          " has no known scheme, expected file://, callback://, "
                                          ">http://, >https://, http://, https://, cgi:// or gzip://");
  if (!scheme->missing.empty())
    return file.error_at_value(value, "origin " + quoted(origin) + ": " + std::string(scheme->missing));
  std::string rest = origin.substr(scheme->prefix.size());
  if (rest.empty())
    return file.error_at_value(
        value, quoted(origin) + " is incomplete, expected something after " + std::string(scheme->prefix));
  if (scheme->prefix == "gzip://") check_path(file, value, rest);
  if (scheme->prefix == "file://" && check_path(file, value, rest)) {
    std::string problem = folder_problem(rest);
    if (!problem.empty())
      file.error_at_value(value, "cannot serve the directory " + rest + " (" + problem +
                                     "): create it, or let the service's user read it");
  }
  if (scheme->prefix == "callback://" && std::find(protocols.begin(), protocols.end(), rest) == protocols.end())
    file.error_at_value(value, "this vhost has no protocol " + quoted(rest) + ", expected one from its ws-protocols");
}

void check_mountpoint(ConfigFile& file, const cJSON* value, std::map<std::string, const cJSON*>& seen) {
  std::string mountpoint = value->valuestring;
  if (mountpoint.empty() || mountpoint[0] != '/')
    file.error_at_value(value, "mountpoint " + quoted(mountpoint) + ", expected a path that begins with /");
  if (mountpoint.size() > kMaxMountpoint)
    file.error_at_value(value, "mountpoint of " + std::to_string(mountpoint.size()) +
                                   " bytes, libwebsockets takes at most " + std::to_string(kMaxMountpoint));
  auto [first, is_new] = seen.emplace(mountpoint, value);
  if (!is_new)
    file.error_at_value(value, "mountpoint " + quoted(mountpoint) + " is already used at " +
                                   file.place_of(first->second) + ": keep one of them");
}

// Returns a required text, or reports that it is missing.
const cJSON* required_text(ConfigFile& file, const cJSON* mount, const char* name) {
  const cJSON* value = member(mount, name);
  if (!value)
    file.error_at_value(mount, std::string("mount without ") + quoted(name) + ", and libwebsockets requires it");
  return cJSON_IsString(value) ? value : nullptr;
}

}  // namespace

std::vector<std::string> check_mounts(ConfigFile& file, const cJSON* mounts,
                                      const std::vector<std::string>& protocols) {
  std::vector<std::string> summary;
  if (!cJSON_IsArray(mounts)) return summary;
  std::map<std::string, const cJSON*> seen;
  for (const cJSON* mount = mounts->child; mount; mount = mount->next) {
    if (!cJSON_IsObject(mount)) continue;  // check_keys() has reported it
    check_keys(file, KeyPlace::kMount, mount);
    const cJSON* mountpoint = required_text(file, mount, "mountpoint");
    const cJSON* origin = required_text(file, mount, "origin");
    if (mountpoint) check_mountpoint(file, mountpoint, seen);
    if (origin) check_origin(file, origin, protocols);
    check_named_file(file, member(mount, "basic-auth"));
    if (mountpoint && origin)
      summary.push_back(std::string(mountpoint->valuestring) + " -> " + expand_text(origin->valuestring));
  }
  return summary;
}

}  // namespace lws_chat
