#pragma once

#include <string>

#include "host/check/config_check.h"
#include "support/config_dir.h"
#include "support/test_plugin.h"
#include "support/unit.h"

// Findings of the check for configurations that a test gives as text.
namespace unit {

using lws_chat::check_config;
using lws_chat::ConfigReport;
using lws_chat::describe;
using lws_chat::Finding;

inline const std::string& good_plugins() {
  static TempDir dir;
  static bool built = [] {
    build_shared_object(dir, "libprotocol_lws_chat.so", plugin_source("lws_chat"));
    return true;
  }();
  (void)built;
  return dir.path();
}

// A complete conf with one vhost, and correct pieces for confs with one error.
inline const std::string kChat = R"("ws-protocols":[{"lws-chat":{"status":"ok"}}])";
inline const std::string kPlain = R"("name":"a","port":80)";
inline std::string vhost(const std::string& members) { return "{\"vhosts\":[{" + members + "}]}"; }

// Errors and warnings, or the notes, a line each.
inline std::string joined(const ConfigReport& report, bool notes = false) {
  std::string all;
  for (const Finding& finding : report.findings)
    if ((finding.severity == lws_chat::Severity::kNote) == notes) all += describe(finding) + "\n";
  return all;
}

// The notes about one conf.
inline std::string notes(const std::string& conf) {
  TempDir dir;
  dir.write("conf", conf);
  return joined(check_config(dir.path(), good_plugins()), true);
}

// All errors and warnings about one conf.
inline std::string findings(const std::string& conf) {
  TempDir dir;
  dir.write("conf", conf);
  return joined(check_config(dir.path(), good_plugins()));
}

// All errors and warnings about a conf and a second file, conf.d/b.
inline std::string findings(const std::string& conf, const std::string& second) {
  TempDir dir;
  dir.write("conf", conf);
  dir.write("conf.d/b", second);
  return joined(check_config(dir.path(), good_plugins()));
}

// Findings about members of a correct vhost. They stand on line 2 from column 1.
inline std::string in_vhost(const std::string& members) {
  return findings("{\"vhosts\":[{" + kPlain + "," + kChat + ",\n" + members + "}]}");
}

// Findings about options of lws-chat. They stand on line 2 from column 1.
inline std::string in_chat(const std::string& options) {
  return findings(
      vhost(kPlain + R"(,"ws-protocols":[{"lws-chat":{"status":"ok","anonymous":"0",)" + "\n" + options + "}}]"));
}

// Findings about members of a mount. They stand on line 3 from column 1.
inline std::string in_mount(const std::string& members) { return in_vhost("\"mounts\":[{\n" + members + "}]"); }

inline void check_contains(const std::string& text, const std::string& part, const char* file, int line) {
  if (text.find(part) == std::string::npos) report(file, line, "\"" + part + "\" is not in:\n" + text);
}
#define CHECK_CONTAINS(text, part) unit::check_contains((text), (part), __FILE__, __LINE__)

}  // namespace unit
