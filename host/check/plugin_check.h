#pragma once

#include <string>

namespace lws_chat {

// Returns why lws_plugins_init() would not load our plugin from this directory, and what to do. Empty: it would. lws
// itself logs almost none of these reasons.
std::string check_plugin(const std::string& dir);

// Returns true if the directory has a file whose name fits this protocol ("lib…_lws_mirror.so" for lws-mirror).
bool provides_protocol(const std::string& dir, const std::string& protocol);

}  // namespace lws_chat
