#include "host/log/logging.h"

#include <libwebsockets.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>

#include "core/log_budget.h"
#include "host/log/line_writer.h"

namespace lws_chat {
namespace {

std::mutex lock;  // other threads may log, too
bool verbose = false;
LogFormat chosen = LogFormat::kText;
bool to_journal = false;
bool patient = false;
LineWriter* writer = nullptr;  // never deleted, because destructors at exit may log
uint64_t lost = 0;             // lines since the last one that was written

// At its end the process waits this long for room on stderr.
constexpr int kLastWordsMs = 1000;

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

int64_t unix_ms() {
  auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

// Returns true if stderr is the journal's stream that systemd names in $JOURNAL_STREAM: systemd.exec(5).
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status;
  return stream && fstat(STDERR_FILENO, &status) == 0 &&
         stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::string for_stream(const char* level, const std::string& line) {
  return to_journal ? journal_line(level, line) : line;
}

std::string whole_line(int level, const std::string& message) {
  const char* name = level_name(level);
  if (chosen == LogFormat::kJson) return for_stream(name, json_line(unix_ms(), name, message));
  return to_journal ? journal_line(name, message) : text_line(unix_ms(), name, message);
}

// Writes waiting lines, then one that counts the lost ones. Until that one is written every new line is lost, too, so
// that it stands exactly where lines are missing.
void report_losses() {
  writer->flush();
  if (lost == 0 || !writer->idle()) return;
  std::string line = whole_line(
      LLL_WARN, "lws-chatd: lost " + std::to_string(lost) + " lines of the log: the reader of stderr was too slow");
  if (writer->put(line)) lost = 0;
}

void put(const std::string& line) {
  report_losses();
  if (lost > 0 || !writer->put(line)) ++lost;
  if (patient) writer->wait(-1);
}

void put_line(int level, const std::string& message) { put(whole_line(level, message)); }

// Rate limit for lws's own lines, because peers can trigger some of them (headers that are too long, for one). Returns
// true if one more may be logged.
bool lws_may_log() {
  static LogBudget budget;
  uint64_t left_out = 0;
  bool may = budget.take(lws_now_usecs(), left_out);
  if (left_out > 0) put_line(LLL_NOTICE, "lws-chatd: left out " + std::to_string(left_out) + " lines by libwebsockets");
  return may;
}

// Called by lws, which is C, so it must not throw.
void emit(int level, const char* line) noexcept try {
  line = without_stamp(line);
  // Our lines begin with "lws-chat: " or "lws-chatd: ".
  bool ours = std::strncmp(line, "lws-chat", 8) == 0;
  if (level == LLL_NOTICE && !verbose && !ours) return;
  // lws logs this for each connection that the plugin refuses. The plugin logs the reason itself.
  if (level == LLL_WARN && !verbose && std::strstr(line, "User code denied connection")) return;
  std::lock_guard<std::mutex> guard(lock);
  if (ours || verbose || lws_may_log()) put_line(level, line);
} catch (const std::exception&) {
  // No memory for the line: it is lost. The server goes on.
}

}  // namespace

void start_logging(int level, LogFormat format, bool wait_for_reader) {
  patient = wait_for_reader;
  writer = new LineWriter(STDERR_FILENO);
  verbose = (level & ~(LLL_ERR | LLL_WARN | LLL_NOTICE)) != 0;
  chosen = format;
  to_journal = stderr_is_journal();
  lws_set_log_level(level, emit);
}

void flush_log() noexcept {
  try {
    std::lock_guard<std::mutex> guard(lock);
    report_losses();
  } catch (const std::exception&) {
    // No memory: try again at the next call.
  }
}

void end_logging() {
  std::lock_guard<std::mutex> guard(lock);
  writer->wait(kLastWordsMs);
  report_losses();
}

void report_start(const char* level, const std::string& message, const std::string& plain) {
  std::lock_guard<std::mutex> guard(lock);
  put(for_stream(level, chosen == LogFormat::kJson ? json_line(unix_ms(), level, message) : plain + "\n"));
}

}  // namespace lws_chat
