#pragma once

#include <string>

#include "host/check/config_check.h"

namespace lws_chat {

// Returns why the vhost cannot listen on its port or socket, and what to do. Empty: it can. This comes before lws's
// parser, which skips a vhost that cannot listen, or tries for ever. Interfaces given by device name are not checked.
std::string listen_problem(const VhostSummary& vhost);

}  // namespace lws_chat
