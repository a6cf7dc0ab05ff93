#pragma once

#include <string>

namespace lws_chat {

// Reads the first line of a small file, for example in /proc. Empty if it cannot be read.
std::string first_line(const char* path);

}  // namespace lws_chat
