#pragma once

#include <optional>
#include <string>

#include "host/check/config_file.h"

namespace lws_chat {

// What the "global" objects of all files say, as far as vhosts depend on it.
struct Globals {
  bool init_ssl = false;
  std::optional<std::string> default_alpn;
  std::string plugin_dir;  // the one in use, where the plugins of ws-protocols are looked for
};

// A vhost, and where it stands for findings that compare it with others.
struct CheckedVhost {
  VhostSummary summary;
  ConfigFile* file;
  const cJSON* json;
  const cJSON* hub = nullptr;  // the value of the option, null if none
};

// Checks all that can be said of one vhost alone.
CheckedVhost check_vhost(ConfigFile& file, const cJSON* vhost, const Globals& globals);

}  // namespace lws_chat
