#pragma once

#include <string>

#include "host/log/log_line.h"

namespace lws_chat {

// Sends the log of lws and of the plugin to stderr. Each line has time and level and is one write. For systemd's
// journal, which adds the time itself, a line has a priority instead. At the default level lws's own notices are left
// out. When stderr has no room: with `wait_for_reader` each line waits for room, else lines are lost and counted.
void start_logging(int level, LogFormat format, bool wait_for_reader);

// Writes lines that stderr had no room for. Call it regularly.
void flush_log() noexcept;

// Does the same before the process ends, and waits up to a second for room.
void end_logging();

// Prints a message about the start to stderr, whatever the log level is. In JSON it is a line of the log with `level`
// ("error", "warning" or "notice") and `message`. In text it is `plain` alone, for the person who typed the command.
void report_start(const char* level, const std::string& message, const std::string& plain);

}  // namespace lws_chat
