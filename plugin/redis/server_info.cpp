#include "redis/server_info.h"

#include <charconv>

#include "core/log_text.h"

namespace lws_chat {
namespace {

constexpr unsigned kOldestMajor = 6;
constexpr unsigned kOldestMinor = 2;

bool is_too_old(std::string_view version) {
  unsigned major = 0;
  unsigned minor = 0;
  const char* end = version.data() + version.size();
  const char* dot = std::from_chars(version.data(), end, major).ptr;
  if (dot != end && *dot == '.') std::from_chars(dot + 1, end, minor);
  return major < kOldestMajor || (major == kOldestMajor && minor < kOldestMinor);
}

void set(ServerInfo& info, std::string_view name, std::string_view value) {
  if (name == "redis_version") info.version = value;
  if (name == "redis_mode") info.mode = value;
  if (name == "run_id") info.run_id = value;
  if (name == "role") info.role = value;
  if (name == "master_host") info.master_host = value;
  if (name == "master_port") info.master_port = value;
  if (name == "loading") info.loading = value != "0";
  if (name == "aof_enabled") info.keeps_log = value != "0";
  // The server goes on with the data of the master whose replica it was.
  if (name == "second_repl_offset") info.promoted = value != "-1";
}

}  // namespace

void ServerInfo::read(std::string_view section) {
  while (!section.empty()) {
    std::string_view line = section.substr(0, section.find('\n'));
    section.remove_prefix(line.size() < section.size() ? line.size() + 1 : line.size());
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    size_t colon = line.find(':');
    if (colon != std::string_view::npos) set(*this, line.substr(0, colon), line.substr(colon + 1));
  }
}

std::string ServerInfo::refusal() const {
  if (version.empty()) return "does not tell its version in INFO: allow that, or name a Redis server";
  if (is_too_old(version)) return "is Redis " + in_log(version) + ", which is too old: install 6.2 or later, or Valkey";
  if (mode == "sentinel") return "is a Sentinel: name it as redis+sentinel://HOST:PORT/MASTER";
  if (mode == "cluster")
    return "is part of a Redis Cluster: name servers that have \"cluster-enabled no\"; several of them share the rooms";
  if (role != "master")
    return "is a replica, which cannot be written: name its master " + in_log(master_host + ":" + master_port) +
           ", or the Sentinels with redis+sentinel://";
  if (loading) return "still loads its data: wait until it is ready";
  return "";
}

}  // namespace lws_chat
