#include "host/logging.h"

#include <libwebsockets.h>
#include <sys/time.h>

#include <cctype>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace lws_chat {
namespace {

bool verbose = false;

const char* level_name(int level) {
  switch (level) {
    case LLL_ERR: return "error";
    case LLL_WARN: return "warning";
    case LLL_NOTICE: return "notice";
    case LLL_INFO: return "info";
    default: return "debug";
  }
}

// lws from 4.2 on puts "[2026/11/23 02:52:21:7662] N: " before the text.
const char* without_stamp(const char* line) {
  if (line[0] != '[' || !std::isdigit(static_cast<unsigned char>(line[1]))) return line;
  const char* end = std::strstr(line, "] ");
  return end && end[2] && std::strncmp(end + 3, ": ", 2) == 0 ? end + 5 : line;
}

void emit(int level, const char* line) {
  line = without_stamp(line);
  // "lws-chat: " and "lws-chatd: " are ours.
  if (level == LLL_NOTICE && !verbose && std::strncmp(line, "lws-chat", 8) != 0) return;
  // Said of every connection that the plugin refuses, which says better why.
  if (level == LLL_WARN && !verbose && std::strstr(line, "User code denied connection")) return;
  timeval now;
  gettimeofday(&now, nullptr);
  tm local;
  localtime_r(&now.tv_sec, &local);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
  std::fprintf(stderr, "%s.%03d %s: %s", stamp, static_cast<int>(now.tv_usec / 1000), level_name(level), line);
}

}  // namespace

void start_logging(int level) {
  verbose = (level & ~(LLL_ERR | LLL_WARN | LLL_NOTICE)) != 0;
  lws_set_log_level(level, emit);
}

}  // namespace lws_chat
