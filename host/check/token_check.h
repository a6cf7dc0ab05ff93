#pragma once

#include "access/jwt_settings.h"
#include "host/check/config_file.h"

namespace lws_chat {

// Checks the options token-* of a vhost, and reads the files that they name.
void check_token_options(ConfigFile& file, const cJSON* protocol, const JwtSettings& settings);

}  // namespace lws_chat
