#pragma once

#include <sys/resource.h>

#include <algorithm>

namespace lws_chat {

// Limit of open files when the configuration has no rlimit-nofile. The usual soft limit, 1024, serves few clients. A
// very large one costs memory: lws keeps 16 bytes for each descriptor. Above 10 million, as in some containers, lws
// falls back to 2560.
constexpr rlim_t kDescriptors = 131072;

// Returns the limit to set in place of the present one. The hard limit stays, so that rlimit-nofile can raise it again.
inline rlimit descriptor_limit(const rlimit& now) { return {std::min(now.rlim_max, kDescriptors), now.rlim_max}; }

}  // namespace lws_chat
