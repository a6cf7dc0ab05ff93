#pragma once

#include "config/options.h"
#include "host/check/config_file.h"

namespace lws_chat {

// Reports a file of storage that the server could not open. Another server may have it open.
void check_storage(ConfigFile& file, const cJSON* protocol, const Options& options);

}  // namespace lws_chat
