#pragma once

#include <string>

namespace lws_chat {

// Whether lws_plugins_init() would load our plugin from this directory: empty, or what keeps it from that and
// what to do. lws itself is silent about most of it.
std::string check_plugin(const std::string& dir);

// Whether the directory holds a file whose name promises this protocol ("lib…_lws_mirror.so" for lws-mirror).
bool provides_protocol(const std::string& dir, const std::string& protocol);

}  // namespace lws_chat
