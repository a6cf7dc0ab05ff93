#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/hook.h"

namespace lws_chat {

// Browsers cannot give a WebSocket headers of their own, so clients may send some in their first message: Centrifugo
// calls them emulated. They say nothing about who has sent them, as real headers that a proxy has set may do.

// Reads them, an object of strings, and keeps those with one of these names, which are in lower case. Returns an empty
// string, or what is wrong.
[[nodiscard]] std::string read_emulated_headers(std::string_view json, const std::vector<std::string>& names,
                                                HookHeaders& headers);

// The bytes that they hold.
size_t size_of(const HookHeaders& headers);

}  // namespace lws_chat
