#include "host/arguments.h"

#include <getopt.h>
#include <libwebsockets.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "core/log_text.h"
#include "core/room/room_name.h"
#include "core/utf8.h"
#include "host/print_options.h"

namespace lws_chat {
namespace {

constexpr int kDefaultLevel = LLL_ERR | LLL_WARN | LLL_NOTICE;

constexpr char kHelp[] =
    "Usage: lws-chatd [-c DIR] [-p DIR] [-d LEVEL] [--log-format FORMAT] [--check]\n"
    "       lws-chatd [-c DIR] [--vhost NAME] --token USER [--channel ROOM] [--ttl TIME]\n"
    "       lws-chatd [-c DIR] [--vhost NAME] --check-token TOKEN\n"
    "       lws-chatd [-c DIR] --storage-info[=FILE] | --storage-recover[=FILE]\n"
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
    "      --token USER          print a token for the user, signed with token-secret-file, exit\n"
    "      --channel ROOM        make it a token for a subscription of the room\n"
    "      --ttl TIME            make it valid for this long: 90s, 15m, 1h (default), 30d\n"
    "      --check-token TOKEN   print what a token is worth and what it says, exit; - reads it from stdin\n"
    "      --vhost NAME          use the keys of this vhost, if several have keys\n"
    "      --storage-info        tell what the storage files of the configuration have, or FILE; check them, exit\n"
    "      --storage-recover     put damaged ones aside, save what can be read, exit\n"
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

// Seconds of a text as "90s", "15m", "1h" or "30d".
std::optional<int64_t> parse_span(std::string_view text) {
  constexpr int64_t kLongest = 3650;  // days
  int64_t unit = 0;
  switch (text.empty() ? '\0' : text.back()) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return std::nullopt;
  }
  int64_t count = 0;
  const char* last = text.data() + text.size() - 1;
  auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc() || end != last || count < 1 || count > kLongest * 86400 / unit) return std::nullopt;
  return count * unit;
}

enum {
  kLogFormat = 256,
  kCheck,
  kOptions,
  kVersion,
  kToken,
  kChannel,
  kTtl,
  kCheckToken,
  kVhost,
  kStorageInfo,
  kStorageRecover,
};

constexpr option kLongOptions[] = {{"config-dir", required_argument, nullptr, 'c'},
                                   {"plugin-dir", required_argument, nullptr, 'p'},
                                   {"debug", required_argument, nullptr, 'd'},
                                   {"log-format", required_argument, nullptr, kLogFormat},
                                   {"check", no_argument, nullptr, kCheck},
                                   {"token", required_argument, nullptr, kToken},
                                   {"channel", required_argument, nullptr, kChannel},
                                   {"ttl", required_argument, nullptr, kTtl},
                                   {"check-token", required_argument, nullptr, kCheckToken},
                                   {"vhost", required_argument, nullptr, kVhost},
                                   {"storage-info", optional_argument, nullptr, kStorageInfo},
                                   {"storage-recover", optional_argument, nullptr, kStorageRecover},
                                   {"options", no_argument, nullptr, kOptions},
                                   {"version", no_argument, nullptr, kVersion},
                                   {"help", no_argument, nullptr, 'h'},
                                   {nullptr, 0, nullptr, 0}};

void refuse(Arguments& arguments, const std::string& problem) {
  std::fprintf(stderr, "lws-chatd: %s\n", problem.c_str());
  arguments.exit_code = 2;
}

// Sets the value if it was readable; otherwise says what was expected.
template <typename T>
void set(T& value, const std::optional<T>& read, Arguments& arguments, const char* name, const char* expected) {
  if (read)
    value = *read;
  else
    refuse(arguments, std::string(name) + " " + (is_utf8(optarg) ? optarg : in_log(optarg)) + ": expected " + expected);
}

// Sets a text that becomes part of a token.
void set_utf8(std::string& value, Arguments& arguments, const char* name) {
  set(value, is_utf8(optarg) ? std::optional<std::string>(optarg) : std::nullopt, arguments, name, "UTF-8");
}

void print_and_exit(Arguments& arguments, const std::string& text) {
  std::fputs(text.c_str(), stdout);
  arguments.exit_code = 0;
}

void set_storage_command(bool& command, Arguments& arguments) {
  command = true;
  if (optarg) arguments.storage_path = optarg;
  if (optarg && !*optarg) refuse(arguments, "expected a file behind =");
}

void read_argument(int c, Arguments& arguments) {
  switch (c) {
    case 'c': arguments.config_dir = optarg; break;
    case 'p': arguments.plugin_dir = optarg; break;
    case 'd':
      return set(arguments.log_level, parse_level(optarg), arguments, "-d",
                 "err, warn, notice, info, debug or a number");
    case kLogFormat: return set(arguments.log_format, parse_format(optarg), arguments, "--log-format", "text or json");
    case kCheck: arguments.check_only = true; break;
    case kToken: return set_utf8(arguments.token_user.emplace(), arguments, "--token");
    case kChannel:
      return set(arguments.token_room, is_room_name(optarg) ? std::optional<std::string>(optarg) : std::nullopt,
                 arguments, "--channel", std::string(kRoomNames).c_str());
    case kTtl:
      return set(arguments.token_seconds, parse_span(optarg), arguments, "--ttl",
                 "a number with s, m, h or d, at most 3650d");
    case kCheckToken: arguments.checked_token = optarg; break;
    case kVhost: arguments.vhost = optarg; break;
    case kStorageInfo: return set_storage_command(arguments.storage_info, arguments);
    case kStorageRecover: return set_storage_command(arguments.storage_recover, arguments);
    case kOptions: return print_and_exit(arguments, print_options());
    case kVersion:
      return print_and_exit(arguments, std::string("lws-chatd ") + LWS_CHAT_VERSION + " (libwebsockets " +
                                           lws_get_library_version() + ")\n");
    case 'h': return print_and_exit(arguments, kHelp);
    default: std::fputs("Try 'lws-chatd --help'.\n", stderr); arguments.exit_code = 2;
  }
}

// Returns what is wrong with the arguments together, or an empty text.
std::string contradiction(const Arguments& arguments, bool has_ttl) {
  if (arguments.is_token_command() && arguments.check_only)
    return "--check goes with neither --token nor --check-token";
  if (arguments.token_user && arguments.checked_token) return "--token and --check-token do not go together";
  if (arguments.storage_info && arguments.storage_recover)
    return "--storage-info and --storage-recover do not go together";
  if (arguments.is_storage_command() && (arguments.check_only || arguments.is_token_command()))
    return "--storage-info and --storage-recover go with no other command";
  if (!arguments.token_user && (!arguments.token_room.empty() || has_ttl)) return "--channel and --ttl need --token";
  if (!arguments.is_token_command() && !arguments.vhost.empty()) return "--vhost needs --token or --check-token";
  return "";
}

}  // namespace

Arguments read_arguments(int argc, char** argv) {
  Arguments arguments;
  arguments.log_level = kDefaultLevel;
  bool has_ttl = false;
  for (int c; (c = getopt_long(argc, argv, "c:p:d:h", kLongOptions, nullptr)) != -1;) {
    has_ttl = has_ttl || c == kTtl;
    read_argument(c, arguments);
    if (arguments.exit_code >= 0) return arguments;
  }
  std::string problem =
      optind < argc ? std::string("unexpected argument '") + argv[optind] + "'" : contradiction(arguments, has_ttl);
  if (!problem.empty()) refuse(arguments, problem + "\nTry 'lws-chatd --help'.");
  return arguments;
}

}  // namespace lws_chat
