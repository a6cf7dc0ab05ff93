#include "host/check/hook_check.h"

#include "host/check/authorities.h"
#include "host/check/lws_keys.h"
#include "host/check/path_check.h"

namespace lws_chat {

void check_hook_files(ConfigFile& file, const cJSON* protocol, const HookSettings& hooks) {
  auto check = [&](const char* option, const std::string& path, auto&& problem_of) {
    const cJSON* value = member(protocol, option);
    if (path.empty() || !check_path(file, value, path)) return;
    std::string problem = problem_of();
    if (!problem.empty()) file.error_at_value(value, std::string(option) + " " + path + ": " + problem);
  };
  check("hook-headers-file", hooks.headers_file, [&] {
    HookHeaders headers;
    return load_hook_headers(hooks.headers_file, headers);
  });
  check("hook-ca-file", hooks.ca_file, [&] { return authorities_problem(hooks.ca_file); });
}

}  // namespace lws_chat
