#pragma once

#include <optional>
#include <string>

#include "host/check/config_file.h"

namespace lws_chat {

// The settings of all "global" objects on which vhosts depend.
struct Globals {
  bool init_ssl = false;
  std::optional<std::string> default_alpn;
  std::string plugin_dir;  // the one in use
};

// A vhost, with its place for findings that compare it with others.
struct CheckedVhost {
  VhostSummary summary;
  ConfigFile* file;
  const cJSON* json;
  const cJSON* hub = nullptr;      // the value of the option "hub"; null: not set
  const cJSON* storage = nullptr;  // the value of the option "storage"; null: not set
  const cJSON* redis = nullptr;    // the value of the option "redis"; null: not set
};

// Checks one vhost by itself. config_check compares vhosts with each other.
CheckedVhost check_vhost(ConfigFile& file, const cJSON* vhost, const Globals& globals);

}  // namespace lws_chat
