#pragma once

#include <string>
#include <vector>

#include "host/check/config_file.h"

namespace lws_chat {

// Checks the "mounts" of one vhost. `protocols` are the names in its ws-protocols. Returns each usable mount as
// "/web/ -> file:///srv/web".
std::vector<std::string> check_mounts(ConfigFile& file, const cJSON* mounts, const std::vector<std::string>& protocols);

}  // namespace lws_chat
