#pragma once

#include "host/check/config_file.h"

namespace lws_chat {

// What is good JSON but not for LEJP, the parser of libwebsockets: each limit is an error in the file.
void check_lejp_limits(ConfigFile& file);

}  // namespace lws_chat
