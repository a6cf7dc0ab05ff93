#include "host/check/path_check.h"

#include "access/regular_file.h"
#include "config/suggestion.h"
#include "host/check/lws_keys.h"

namespace lws_chat {

bool check_path(ConfigFile& file, const cJSON* value, const std::string& path) {
  if (!path.empty() && path[0] == '/') return true;
  if (path.empty())
    file.error_at_value(value, "an empty path, expected one that begins with /");
  else
    file.error_at_value(
        value, quoted(path) + " is a relative path, and a service starts in the folder /: write an absolute path");
  return false;
}

void check_named_file(ConfigFile& file, const cJSON* value) {
  if (!cJSON_IsString(value)) return;
  std::string path = expand_text(value->valuestring);
  if (!check_path(file, value, path)) return;
  std::string problem = file_problem(path);
  if (!problem.empty()) file.error_at_value(value, path + ": " + problem);
}

}  // namespace lws_chat
