#include <csignal>
#include <cstdio>

#include "host/arguments.h"
#include "host/config_check.h"
#include "host/logging.h"
#include "host/server.h"

namespace {

// Says all that is wrong or odd. Returns whether the server may start.
bool report(const lws_chat::ConfigReport& config) {
  for (const lws_chat::Finding& finding : config.findings)
    std::fprintf(stderr, "%s\n", lws_chat::describe(finding).c_str());
  return config.ok();
}

}  // namespace

int main(int argc, char** argv) {
  lws_chat::Arguments arguments = lws_chat::read_arguments(argc, argv);
  if (arguments.exit_code >= 0) return arguments.exit_code;
  lws_chat::start_logging(arguments.log_level);
  std::signal(SIGPIPE, SIG_IGN);

  lws_chat::ConfigReport config = lws_chat::check_config(arguments.config_dir, arguments.plugin_dir);
  bool usable = report(config);
  if (!usable) {
    std::fprintf(stderr, "lws-chatd: %s: not usable, see above\n", arguments.config_dir.c_str());
    return 1;
  }
  if (arguments.check_only) {
    std::printf("%s: %zu vhosts, nothing wrong\n", arguments.config_dir.c_str(), config.vhosts.size());
    return 0;
  }
  std::string plugin_dir = !arguments.plugin_dir.empty() ? arguments.plugin_dir
                           : !config.plugin_dir.empty()  ? config.plugin_dir
                                                         : LWS_CHAT_DEFAULT_PLUGIN_DIR;
  lws_chat::Server server(arguments.config_dir, plugin_dir, std::move(config));
  std::string problem = server.start();
  if (!problem.empty()) {
    std::fprintf(stderr, "lws-chatd: %s\n", problem.c_str());
    return 1;
  }
  return server.run();
}
