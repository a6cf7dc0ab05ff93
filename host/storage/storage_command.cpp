#include "host/storage/storage_command.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "core/log_text.h"
#include "host/check/config_check.h"
#include "sqlite/storage.h"

namespace lws_chat {
namespace {

int refuse(const std::string& problem) {
  std::fprintf(stderr, "lws-chatd: %s\n", problem.c_str());
  return EXIT_FAILURE;
}

// The files that the vhosts of the configuration name, each once. An error elsewhere in the configuration does not
// matter here.
std::vector<std::string> files_of(const ConfigReport& config) {
  std::vector<std::string> files;
  for (const VhostSummary& vhost : config.vhosts) {
    const std::string& path = vhost.chat.storage.path;
    if (!path.empty() && std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
  }
  return files;
}

std::string time_text(int64_t unix_ms) {
  if (unix_ms == 0) return "none";
  std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

void print_row(const char* name, const std::string& value) { std::printf("  %-16s %s\n", name, value.c_str()); }

int tell(const std::string& path) {
  StorageInfo info;
  std::string problem = storage_info(path, info);
  if (!problem.empty()) return refuse(problem);
  std::printf("%s:\n", info.path.c_str());
  print_row("bytes", std::to_string(info.file_bytes) + " and " + std::to_string(info.log_bytes) + " of its log");
  print_row("schema", std::to_string(info.schema));
  print_row("rooms", std::to_string(info.rooms));
  print_row("messages", std::to_string(info.messages));
  print_row("oldest message", time_text(info.oldest_unix_ms));
  print_row("records", std::to_string(info.records));
  print_row("used by", info.holder.empty() ? "no server" : info.holder);
  bool whole = info.damage.empty();
  print_row("integrity", whole ? "ok" : in_log(info.damage) + "; lws-chatd --storage-recover saves what can be read");
  return whole ? EXIT_SUCCESS : EXIT_FAILURE;
}

int recover(const std::string& path) {
  std::string report;
  std::string problem = storage_recover(path, report);
  if (!problem.empty()) return refuse(problem);
  std::printf("%s\n", report.c_str());
  return EXIT_SUCCESS;
}

}  // namespace

int run_storage_command(const Arguments& arguments) {
  std::vector<std::string> files;
  if (!arguments.storage_path.empty()) {
    files.push_back(arguments.storage_path);
  } else {
    ConfigReport config = check_config(arguments.config_dir, arguments.plugin_dir);
    files = files_of(config);
    if (files.empty())
      return refuse(arguments.config_dir + " names no storage" +
                    (config.ok() ? "" : "; it has errors, which lws-chatd --check prints"));
  }
  int exit_code = EXIT_SUCCESS;
  for (const std::string& file : files)
    exit_code = std::max(exit_code, arguments.storage_info ? tell(file) : recover(file));
  return exit_code;
}

}  // namespace lws_chat
