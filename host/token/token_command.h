#pragma once

#include "host/arguments.h"

namespace lws_chat {

// Does what --token and --check-token ask for: prints a new token, or what a token is worth. Returns the exit code.
int run_token_command(const Arguments& arguments);

}  // namespace lws_chat
