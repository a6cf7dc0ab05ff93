#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/log/log_line.h"

namespace lws_chat {

struct Arguments {
  std::string config_dir = "/etc/lws-chatd";
  std::string plugin_dir;  // empty: the configuration's plugin-dir, or else the installed one
  int log_level;           // bits as in lws_set_log_level()
  LogFormat log_format = LogFormat::kText;
  bool check_only = false;

  std::optional<std::string> token_user;     // --token: print a token for this user; an empty text is anonymous
  std::string token_room;                    // --channel: the token is for this room; empty: for a connection
  int64_t token_seconds = 3600;              // --ttl
  std::optional<std::string> checked_token;  // --check-token: say what it is worth; "-": it is on stdin
  std::string vhost;                         // --vhost: whose keys; empty: there is one with keys
  bool is_token_command() const { return token_user || checked_token; }

  bool storage_info = false;     // --storage-info: tell what is in the storage files
  bool storage_recover = false;  // --storage-recover: save what a damaged one has
  std::string storage_path;      // of the one that it is about; empty: those of the configuration
  bool is_storage_command() const { return storage_info || storage_recover; }

  int exit_code = -1;  // 0 or more: the process must exit with it, without another message
};

// Reads the command line. Prints help, version or options when they are asked for, and an error for a wrong argument.
Arguments read_arguments(int argc, char** argv);

}  // namespace lws_chat
