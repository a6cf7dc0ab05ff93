#pragma once

#include "host/arguments.h"

namespace lws_chat {

// Does what --storage-info or --storage-recover asks for, and prints it. Returns the exit code.
int run_storage_command(const Arguments& arguments);

}  // namespace lws_chat
