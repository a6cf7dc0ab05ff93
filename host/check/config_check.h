#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/options.h"

// lws-chatd --check: reads every file that libwebsockets would read and says all that is wrong with them.
//
// lws's own parser stops at the first bad file, skips the rest in silence and takes unknown keys and wrong
// types without a word; whatever passes here is what it will do.
namespace lws_chat {

enum class Severity { kError, kWarning };

struct Finding {
  Severity severity;
  std::string file;  // below the configuration directory ("conf.d/chat"), or the path of something elsewhere
  unsigned line;     // 1-based; 0: about the file or folder as a whole
  unsigned column;   // 1-based, in code points
  std::string text;  // what is wrong, and what was expected or what to do
};

struct VhostSummary {
  std::string name;
  std::string place;      // of what it listens on: "conf.d/chat:12:7"
  std::string interface;  // with unix_socket the path of the socket
  unsigned port;          // 0 with unix_socket, or when there is none
  bool tls;               // a certificate is named and init-ssl is on
  std::string certificate;
  std::string key;
  bool own_ciphers;              // it says which to take in TLS 1.2
  uint64_t tls_options_cleared;  // bits of OpenSSL, SSL_OP_...
  bool unix_socket;
  std::string socket_owner;         // "user:group" of the Unix socket, empty: the server's own
  std::vector<std::string> mounts;  // "/web/ -> file:///srv/web"
  bool serves_chat;                 // names lws-chat with "status": "ok"
  Options chat;                     // defaults where nothing is said
};

struct ConfigReport {
  std::vector<Finding> findings;  // by file in the order lws reads them, then by position
  std::vector<VhostSummary> vhosts;
  std::string plugin_dir;         // global plugin-dir, empty if none
  unsigned long total_bytes = 0;  // of all config files
  bool ok() const;                // no errors; warnings are fine
};

// `plugin_dir_override` is what -p says; empty: the configuration's plugin-dir, else the built-in one.
ConfigReport check_config(const std::string& dir, const std::string& plugin_dir_override);

// Where a vhost listens: "http 127.0.0.1:8000", "https [::1]:8443", "https *:443", "http /run/lws-chatd/socket".
std::string listening_address(const VhostSummary& vhost);

// "conf.d/chat:12:7", or the file alone.
std::string place_of(const Finding& finding);

// "conf.d/chat:12:7: error: unknown key \"prot\", did you mean \"port\"?"
std::string describe(const Finding& finding);

}  // namespace lws_chat
