#pragma once

#include <functional>

#include "support/config_dir.h"

namespace unit {

// Runs `body` in a process with a network of its own, in which there is only the loopback, and a name server at
// 127.0.0.1 that a test may be. `body` may write the system's file of hosts as "hosts" in the folder. Says loudly if
// the system does not allow that.
void in_lonely_network(const std::function<void(TempDir& folder)>& body);

// Returns the socket of a name server that takes questions and does not answer them.
int silent_name_server();

}  // namespace unit
