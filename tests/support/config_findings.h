#pragma once

#include <string>

#include "host/check/config_check.h"
#include "support/config_dir.h"
#include "support/test_plugin.h"
#include "support/unit.h"

// What the check says of configurations that stand in a test as texts.
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

// A whole conf around one vhost with a chat, and pieces of it for texts that are wrong in one place.
inline const std::string kChat = R"("ws-protocols":[{"lws-chat":{"status":"ok"}}])";
inline const std::string kPlain = R"("name":"a","port":80)";
inline std::string vhost(const std::string& members) { return "{\"vhosts\":[{" + members + "}]}"; }

inline std::string joined(const ConfigReport& report) {
  std::string all;
  for (const Finding& finding : report.findings) all += describe(finding) + "\n";
  return all;
}

// All findings about one conf, a line each.
inline std::string findings(const std::string& conf) {
  TempDir dir;
  dir.write("conf", conf);
  return joined(check_config(dir.path(), good_plugins()));
}

// The same with a second file, conf.d/b.
inline std::string findings(const std::string& conf, const std::string& second) {
  TempDir dir;
  dir.write("conf", conf);
  dir.write("conf.d/b", second);
  return joined(check_config(dir.path(), good_plugins()));
}

// What is wrong with these members of a vhost that is otherwise fine. It is the second line, from column 1.
inline std::string in_vhost(const std::string& members) {
  return findings("{\"vhosts\":[{" + kPlain + "," + kChat + ",\n" + members + "}]}");
}

// The same for options of lws-chat, from column 1 of the second line.
inline std::string in_chat(const std::string& options) {
  return findings(vhost(kPlain + R"(,"ws-protocols":[{"lws-chat":{"status":"ok",)" + "\n" + options + "}}]"));
}

// The same for a mount.
inline std::string in_mount(const std::string& members) { return in_vhost("\"mounts\":[{\n" + members + "}]"); }

inline void check_contains(const std::string& text, const std::string& part, const char* file, int line) {
  if (text.find(part) == std::string::npos) report(file, line, "\"" + part + "\" is not in:\n" + text);
}
#define CHECK_CONTAINS(text, part) unit::check_contains((text), (part), __FILE__, __LINE__)

}  // namespace unit
