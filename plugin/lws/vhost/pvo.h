#pragma once

#include <libwebsockets.h>

#include <string>
#include <vector>

#include "config/options.h"

namespace lws_chat {

// Reads a vhost's options from lws's list ("per-vhost options", in the reverse order of the file). Returns the
// problems, one text for each.
std::vector<std::string> read_pvos(const lws_protocol_vhost_options* pvos, Options& options);

}  // namespace lws_chat
