#pragma once

#include <string>

namespace lws_chat {

// Returns what is wrong with a file of certificates that others must be signed by; empty: nothing is.
std::string authorities_problem(const std::string& path);

}  // namespace lws_chat
