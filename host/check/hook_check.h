#pragma once

#include "access/hook_settings.h"
#include "host/check/config_file.h"

namespace lws_chat {

// Reports files that questions to back ends need and that cannot be used. `protocol` is the object with the options.
void check_hook_files(ConfigFile& file, const cJSON* protocol, const HookSettings& hooks);

}  // namespace lws_chat
