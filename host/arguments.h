#pragma once

#include <string>

#include "host/log/log_line.h"

namespace lws_chat {

struct Arguments {
  std::string config_dir = "/etc/lws-chatd";
  std::string plugin_dir;  // empty: the configuration's plugin-dir, or else the installed one
  int log_level;           // bits as in lws_set_log_level()
  LogFormat log_format = LogFormat::kText;
  bool check_only = false;

  int exit_code = -1;  // 0 or more: the process must exit with it, without another message
};

// Reads the command line. Prints help, version or options when they are asked for, and an error for a wrong argument.
Arguments read_arguments(int argc, char** argv);

}  // namespace lws_chat
