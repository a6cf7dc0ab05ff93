#pragma once

#include <string>

#include "host/log/log_line.h"

namespace lws_chat {

// Sends lws's log, and with it the plugin's, to stderr with time and level, every line in one write; where that is
// systemd's journal, which has the time, with a priority instead. At the
// default level lws's own start-up notices are left out: what remains is what an administrator wants to read.
// A server does not wait for whoever reads stderr: lines are lost, and counted. A command that only reports does wait.
void start_logging(int level, LogFormat format, bool wait_for_reader);

// Writes lines that stderr had no room for. To be called now and then.
void flush_log() noexcept;

// The same before the process ends, for which it waits a moment.
void end_logging();

// Says on stderr, at any level of logging, what there is to say about the start: in JSON as a line of the log
// ("error", "warning"), in text `plain` alone, for whoever typed the command.
void say_of_start(const char* level, const std::string& message, const std::string& plain);

}  // namespace lws_chat
