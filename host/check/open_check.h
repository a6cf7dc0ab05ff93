#pragma once

#include "host/check/config_file.h"

namespace lws_chat {

// Warns if a vhost lets strangers publish, and notes if it serves clients of this machine only although others can
// reach it. `chat` is the object of lws-chat in the vhost's ws-protocols.
void check_open(ConfigFile& file, const cJSON* chat, const VhostSummary& vhost);

}  // namespace lws_chat
