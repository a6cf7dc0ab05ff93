#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "host/arguments.h"
#include "host/check/config_check.h"
#include "host/log/logging.h"
#include "host/server/server.h"
#include "host/storage/storage_command.h"
#include "host/token/token_command.h"

namespace {

// Level of a finding in the log.
const char* level_of(lws_chat::Severity severity) {
  switch (severity) {
    case lws_chat::Severity::kError: return "error";
    case lws_chat::Severity::kWarning: return "warning";
    case lws_chat::Severity::kNote: return "notice";
  }
  return "";
}

// Prints all findings. Returns true if the server may start.
bool report(const lws_chat::ConfigReport& config) {
  for (const lws_chat::Finding& finding : config.findings)
    lws_chat::report_start(level_of(finding.severity), lws_chat::place_of(finding) + ": " + finding.text,
                           lws_chat::describe(finding));
  return config.ok();
}

std::string counted(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// "/etc/lws-chatd: nothing wrong, 1 vhost", and a line for each vhost. Precondition: there are no errors.
std::string summary(const std::string& dir, const lws_chat::ConfigReport& config) {
  std::string text = dir + ": ";
  auto warnings = static_cast<size_t>(
      std::count_if(config.findings.begin(), config.findings.end(),
                    [](const lws_chat::Finding& finding) { return finding.severity == lws_chat::Severity::kWarning; }));
  text += warnings == 0 ? "nothing wrong" : "no errors, " + counted(warnings, "warning");
  text += ", " + counted(config.vhosts.size(), "vhost") + "\n";
  for (const lws_chat::VhostSummary& vhost : config.vhosts) {
    text += "  " + vhost.name + ": " + listening_address(vhost);
    if (vhost.serves_chat) text += ", lws-chat at " + vhost.chat.path + " " + vhost.chat.structured_path;
    for (const std::string& mount : vhost.mounts) text += ", " + mount;
    text += "\n";
  }
  return text;
}

// Prints why the server cannot start. Returns the exit code.
int refuse(const std::string& problem, int exit_code) {
  std::string line = "lws-chatd: " + problem;
  lws_chat::report_start("error", line, line);
  return exit_code;
}

// Opens each standard stream that is closed. Otherwise the next file or socket would take its number, and output would
// go there.
void open_standard_streams() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number, which is fd
}

int run(const lws_chat::Arguments& arguments) {
  if (arguments.is_token_command()) return lws_chat::run_token_command(arguments);
  if (arguments.is_storage_command()) return lws_chat::run_storage_command(arguments);
  lws_chat::ConfigReport config = lws_chat::check_config(arguments.config_dir, arguments.plugin_dir);
  // EX_CONFIG tells a service manager that another try would not help: systemd.exec(5).
  if (!report(config))
    return refuse(arguments.config_dir + ": cannot be used; the lines above say why",
                  arguments.check_only ? EXIT_FAILURE : EX_CONFIG);
  if (arguments.check_only) {
    std::fputs(summary(arguments.config_dir, config).c_str(), stdout);
    return 0;
  }
  std::string plugin_dir = !arguments.plugin_dir.empty() ? arguments.plugin_dir
                           : !config.plugin_dir.empty()  ? config.plugin_dir
                                                         : LWS_CHAT_DEFAULT_PLUGIN_DIR;
  lws_chat::Server server(arguments.config_dir, plugin_dir, std::move(config));
  std::string problem = server.start();
  if (!problem.empty()) return refuse(problem, EXIT_FAILURE);
  return server.run();
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  lws_chat::Arguments arguments = lws_chat::read_arguments(argc, argv);
  if (arguments.exit_code >= 0) return arguments.exit_code;
  // People read the report of --check, so it is always text.
  bool is_server = !arguments.check_only && !arguments.is_token_command() && !arguments.is_storage_command();
  lws_chat::start_logging(arguments.log_level, is_server ? arguments.log_format : lws_chat::LogFormat::kText,
                          !is_server);
  std::signal(SIGPIPE, SIG_IGN);
  lws_chat::Server::hold_reloads();
  int exit_code = EXIT_FAILURE;
  try {
    exit_code = run(arguments);
  } catch (const std::exception& error) {
    exit_code = refuse(std::string("failed: ") + error.what(), EXIT_FAILURE);
  }
  lws_chat::end_logging();
  return exit_code;
}
