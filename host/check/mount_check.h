#pragma once

#include <string>
#include <vector>

#include "host/check/config_file.h"

namespace lws_chat {

// Checks the "mounts" of one vhost, whose ws-protocols have these names. Returns each usable mount as
// "/web/ -> file:///srv/web".
std::vector<std::string> check_mounts(ConfigFile& file, const cJSON* mounts, const std::vector<std::string>& protocols);

}  // namespace lws_chat
