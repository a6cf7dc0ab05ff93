#pragma once

#include <string>

namespace lws_chat {

// The plugin's options with their ranges, defaults and meanings, as lws-chatd.conf(5) has them: the items of a list in
// mdoc(7).
std::string print_options();

}  // namespace lws_chat
