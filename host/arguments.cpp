#include "host/arguments.h"

#include <getopt.h>
#include <libwebsockets.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "host/print_options.h"

namespace lws_chat {
namespace {

constexpr int kDefaultLevel = LLL_ERR | LLL_WARN | LLL_NOTICE;

constexpr char kHelp[] =
    "Usage: lws-chatd [-c DIR] [-p DIR] [-d LEVEL] [--log-format FORMAT] [--check]\n"
    "\n"
    "Serves real-time rooms over WebSockets and HTTP.\n"
    "\n"
    "  -c, --config-dir DIR      read DIR/conf and DIR/conf.d/* (default /etc/lws-chatd)\n"
    "  -p, --plugin-dir DIR      load libprotocol_lws_chat.so from DIR (default: plugin-dir of the configuration, "
    "else\n"
    "                            " LWS_CHAT_DEFAULT_PLUGIN_DIR
    ")\n"
    "  -d, --debug LEVEL         err, warn, notice (default), info, debug, or a number: a sum of lws's log bits\n"
    "      --log-format FORMAT   text (default), or json: one object per line\n"
    "      --check               check the configuration, print every problem, exit\n"
    "      --options             print the options of lws-chat in mdoc(7), exit\n"
    "      --version             print the versions of lws-chatd and libwebsockets, exit\n"
    "  -h, --help                print this help, exit\n"
    "\n"
    "SIGTERM and SIGINT close all clients, then the server exits. A second signal makes it exit at once.\n"
    "SIGHUP reads certificates and API keys again. Manual pages: lws-chatd(8), lws-chatd.conf(5).\n";

std::optional<int> parse_level(std::string_view text) {
  if (text == "err") return LLL_ERR;
  if (text == "warn") return LLL_ERR | LLL_WARN;
  if (text == "notice") return kDefaultLevel;
  if (text == "info") return kDefaultLevel | LLL_INFO;
  if (text == "debug") return kDefaultLevel | LLL_INFO | LLL_DEBUG;
  int level = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc() || end != text.data() + text.size() || level < 0) return std::nullopt;
  return level;
}

std::optional<LogFormat> parse_format(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return std::nullopt;
}

}  // namespace

Arguments read_arguments(int argc, char** argv) {
  enum { kLogFormat = 256, kCheck, kOptions, kVersion };
  static const option long_options[] = {{"config-dir", required_argument, nullptr, 'c'},
                                        {"plugin-dir", required_argument, nullptr, 'p'},
                                        {"debug", required_argument, nullptr, 'd'},
                                        {"log-format", required_argument, nullptr, kLogFormat},
                                        {"check", no_argument, nullptr, kCheck},
                                        {"options", no_argument, nullptr, kOptions},
                                        {"version", no_argument, nullptr, kVersion},
                                        {"help", no_argument, nullptr, 'h'},
                                        {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  arguments.log_level = kDefaultLevel;
  for (int c; (c = getopt_long(argc, argv, "c:p:d:h", long_options, nullptr)) != -1;) {
    switch (c) {
      case 'c': arguments.config_dir = optarg; break;
      case 'p': arguments.plugin_dir = optarg; break;
      case 'd':
        if (std::optional<int> level = parse_level(optarg)) {
          arguments.log_level = *level;
        } else {
          std::fprintf(stderr, "lws-chatd: -d %s: expected err, warn, notice, info, debug or a number\n", optarg);
          arguments.exit_code = 2;
        }
        break;
      case kLogFormat:
        if (std::optional<LogFormat> format = parse_format(optarg)) {
          arguments.log_format = *format;
        } else {
          std::fprintf(stderr, "lws-chatd: --log-format %s: expected text or json\n", optarg);
          arguments.exit_code = 2;
        }
        break;
      case kCheck: arguments.check_only = true; break;
      case kOptions:
        std::fputs(print_options().c_str(), stdout);
        arguments.exit_code = 0;
        break;
      case kVersion:
        std::printf("lws-chatd %s (libwebsockets %s)\n", LWS_CHAT_VERSION, lws_get_library_version());
        arguments.exit_code = 0;
        break;
      case 'h':
        std::fputs(kHelp, stdout);
        arguments.exit_code = 0;
        break;
      default:
        std::fputs("Try 'lws-chatd --help'.\n", stderr);
        arguments.exit_code = 2;
        break;
    }
    if (arguments.exit_code >= 0) return arguments;
  }
  if (optind < argc) {
    std::fprintf(stderr, "lws-chatd: unexpected argument '%s'\nTry 'lws-chatd --help'.\n", argv[optind]);
    arguments.exit_code = 2;
  }
  return arguments;
}

}  // namespace lws_chat
