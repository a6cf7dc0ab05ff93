#pragma once

#include "host/check/config_file.h"

// Paths that a configuration names.
namespace lws_chat {

// Reports a path that does not begin with /. Such a path would mean another file in each folder that the server can be
// started in. Returns whether the path is absolute.
bool check_path(ConfigFile& file, const cJSON* value, const std::string& path);

// Reports a file that libwebsockets could not read, or would wait for. Does nothing where the value is no text.
void check_named_file(ConfigFile& file, const cJSON* value);

}  // namespace lws_chat
