#pragma once

#include <string>

#include "host/log/log_line.h"

namespace lws_chat {

struct Arguments {
  std::string config_dir = "/etc/lws-chatd";
  std::string plugin_dir;  // empty: the configuration's plugin-dir, or where it was installed
  int log_level;           // bits as in lws_set_log_level()
  LogFormat log_format = LogFormat::kText;
  bool check_only = false;

  int exit_code = -1;  // not negative: the process is to end with it, all has been said
};

// Reads the command line. Prints help, version, the option table or an error where asked or needed.
Arguments read_arguments(int argc, char** argv);

}  // namespace lws_chat
