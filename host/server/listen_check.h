#pragma once

#include <string>

#include "host/check/config_check.h"

namespace lws_chat {

// Why the vhost cannot listen on its port or socket, and what to do; empty: it can. lws's parser passes over a vhost
// that cannot, or tries for ever, so it has to be asked before. Interfaces given by device name are left to lws.
std::string listen_problem(const VhostSummary& vhost);

}  // namespace lws_chat
