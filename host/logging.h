#pragma once

namespace lws_chat {

// Sends lws's log, and with it the plugin's, to stderr with time and level. At the default level lws's
// own start-up notices are left out: what remains is what an administrator wants to read.
void start_logging(int level);

}  // namespace lws_chat
