#pragma once

#include "config/options.h"
#include "host/check/config_file.h"

namespace lws_chat {

// Reports URLs of Redis servers that cannot be read, files that a connection to them needs and that cannot be used, and
// options that have no effect. Asks no server. `protocol` is the object of lws-chat in the vhost's ws-protocols.
void check_redis(ConfigFile& file, const cJSON* protocol, const Options& options);

}  // namespace lws_chat
