#pragma once

#include <string>
#include <string_view>

namespace lws_chat {

// What a server says about itself to INFO.
struct ServerInfo {
  std::string version;  // of Redis, or of that which it is compatible with
  std::string mode;     // standalone, cluster, sentinel
  std::string run_id;
  std::string role;         // master, slave
  std::string master_host;  // of a replica
  std::string master_port;
  bool loading = false;
  bool keeps_log = false;
  bool promoted = false;

  // Takes the fields of one of INFO's sections.
  void read(std::string_view section);

  // Why the server cannot be used, as the end of a sentence that begins with its name, with what to do; empty: it can.
  std::string refusal() const;
};

}  // namespace lws_chat
