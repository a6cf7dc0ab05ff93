#pragma once

#include <string>

namespace lws_chat {

// The plugin's options as items of an mdoc(7) list, each with range, default, scope and help. lws-chatd.conf(5)
// contains this text.
std::string print_options();

}  // namespace lws_chat
