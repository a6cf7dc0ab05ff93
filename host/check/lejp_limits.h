#pragma once

#include "host/check/config_file.h"

namespace lws_chat {

// Reports valid JSON that exceeds a limit of LEJP, libwebsockets' parser.
void check_lejp_limits(ConfigFile& file);

}  // namespace lws_chat
