#pragma once

namespace unit {

// A port without a server that this process has not returned before, as tests/support/ports.py chooses it: outside of
// the kernel's ephemeral range, from a block that no other test program uses.
int free_port();

}  // namespace unit
