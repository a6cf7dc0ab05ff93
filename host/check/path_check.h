#pragma once

#include "host/check/config_file.h"

// Checks of paths in the configuration.
namespace lws_chat {

// Reports a path that does not begin with /, because its meaning would depend on the folder in which the server starts.
// Returns true if the path is absolute.
bool check_path(ConfigFile& file, const cJSON* value, const std::string& path);

// Reports a file that libwebsockets could not read, or that would make it wait. Does nothing if the value is not a
// text.
void check_named_file(ConfigFile& file, const cJSON* value);

}  // namespace lws_chat
