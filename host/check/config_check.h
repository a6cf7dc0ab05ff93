#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/options.h"

// lws-chatd --check: reads every file that libwebsockets would read and reports every error in them.
//
// lws's own parser stops at the first bad file and skips the rest in silence. It accepts unknown keys and wrong types
// without a word. This check reports everything that lws would ignore or misread.
namespace lws_chat {

enum class Severity {
  kError,    // the server does not start
  kWarning,  // something is probably not as intended
  kNote,     // it may well be intended, but should be known
};

struct Finding {
  Severity severity;
  std::string file;  // relative to the configuration directory ("conf.d/chat"), or another path
  unsigned line;     // 1-based; 0: the file or folder as a whole
  unsigned column;   // 1-based, in code points
  std::string text;  // what is wrong, and what was expected or what to do
};

struct VhostSummary {
  std::string name;
  std::string place;      // of "port" or "interface": "conf.d/chat:12:7"
  std::string interface;  // with unix_socket, the path of the socket
  unsigned port;          // 0: with unix_socket, or not given
  bool tls;               // it names a certificate, and init-ssl is on
  std::string certificate;
  std::string key;
  bool own_ciphers;              // it sets the TLS 1.2 ciphers
  uint64_t tls_options_cleared;  // SSL_OP_... bits of OpenSSL
  bool unix_socket;
  std::string socket_owner;         // "user:group" of the Unix socket; empty: the server's own
  std::vector<std::string> mounts;  // "/web/ -> file:///srv/web"
  bool serves_chat;                 // it has lws-chat with "status": "ok"
  Options chat;                     // with defaults for options that are not set
};

struct ConfigReport {
  std::vector<Finding> findings;  // by file in lws's reading order, then by position
  std::vector<VhostSummary> vhosts;
  std::string plugin_dir;         // global plugin-dir; empty: not set
  unsigned long total_bytes = 0;  // of all config files
  bool ok() const;                // no errors; warnings and notes are fine
};

// `plugin_dir_override` is the argument of -p. Empty: the configuration's plugin-dir, else the built-in one.
ConfigReport check_config(const std::string& dir, const std::string& plugin_dir_override);

// The address on which a vhost listens, for example "https [::1]:8443", "https *:443" or "http /run/lws-chatd/socket".
std::string listening_address(const VhostSummary& vhost);

// "error", "warning" or "note".
std::string_view name_of(Severity severity);

// "conf.d/chat:12:7", or the file alone.
std::string place_of(const Finding& finding);

// "conf.d/chat:12:7: error: unknown key \"prot\", did you mean \"port\"?"
std::string describe(const Finding& finding);

}  // namespace lws_chat
