#pragma once

#include <sys/resource.h>

#include <algorithm>

namespace lws_chat {

// Descriptors where the configuration has no rlimit-nofile. The usual soft limit of 1024 serves few clients. lws keeps
// 16 bytes for each descriptor, and with a limit above 10 million, as containers have, it takes 2560.
constexpr rlim_t kDescriptors = 131072;

// The limit to set, given the one there is. The hard limit stays, so that rlimit-nofile can ask for more.
inline rlimit descriptor_limit(const rlimit& now) { return {std::min(now.rlim_max, kDescriptors), now.rlim_max}; }

}  // namespace lws_chat
