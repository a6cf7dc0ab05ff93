#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lws_chat {

// The names in a folder, in the order in which lws reads them (alphasort). No value: the folder cannot be read, and
// errno says why.
std::optional<std::vector<std::string>> names_in(const std::string& folder);

}  // namespace lws_chat
