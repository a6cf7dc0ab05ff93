#include "host/check/plugin_check.h"

#include <libwebsockets.h>
#include <unistd.h>

#include "support/config_findings.h"

using namespace unit;

TEST(the_argument_comes_before_the_configured_plugin_directory_and_that_before_the_built_in_one) {
  TempDir dir;
  std::string conf = vhost(kPlain + "," + kChat);
  dir.write("conf", "{\"global\":{\"plugin-dir\":\"/none\"}," + conf.substr(1));
  ConfigReport report = check_config(dir.path(), "");
  CHECK_EQ(report.plugin_dir, "/none");
  CHECK_EQ(joined(report),
           "/none: error: No such file or directory, expected the directory of libprotocol_lws_chat.so: "
           "install it (package libwebsockets-protocol-lws-chat, or cmake --install) or give -p DIR\n");
  CHECK(check_config(dir.path(), good_plugins()).ok());
  dir.write("conf", conf);
  report = check_config(dir.path(), "");
  CHECK_EQ(report.plugin_dir, "");
  for (const Finding& finding : report.findings)
    if (finding.severity == lws_chat::Severity::kError) CHECK_EQ(finding.file, LWS_CHAT_DEFAULT_PLUGIN_DIR);
}

namespace {

// The findings for a plugin directory in which our plugin was compiled from this source.
std::string plugin_findings(const std::string& source, const std::string& other = "") {
  TempDir plugins;
  if (!source.empty()) unit::build_shared_object(plugins, "libprotocol_lws_chat.so", source);
  if (!other.empty()) plugins.write(other, "not an object");
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  std::string all = joined(check_config(dir.path(), plugins.path()));
  return all.empty() ? "" : all.substr(plugins.path().size() + 2);
}

std::string header_of(unsigned api, bool with_hash) {
  return std::string("const struct { const char *name, *cls") + (with_hash ? ", *hash" : "") +
         "; unsigned api; const void *p[2]; int n[2]; } lws_chat = { \"x\", \"lws_protocol_plugin\"" +
         (with_hash ? ", \"hash\"" : "") + ", " + std::to_string(api) + " };\n";
}

}  // namespace

TEST(a_truncated_plugin_is_an_error_and_not_a_crash) {
  TempDir plugins;
  unit::build_shared_object(plugins, "libprotocol_lws_chat.so", unit::plugin_source("lws_chat"));
  CHECK(truncate((plugins.path() + "/libprotocol_lws_chat.so").c_str(), 5000) == 0);
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  CHECK_CONTAINS(joined(check_config(dir.path(), plugins.path())), "the file is truncated: copy or install it again");
}

TEST(a_missing_or_broken_plugin_is_an_error) {
  CHECK_CONTAINS(plugin_findings(""), "error: libprotocol_lws_chat.so is missing: install it");
  CHECK_CONTAINS(plugin_findings("", "libprotocol_lws_chat.so"), "error: libprotocol_lws_chat.so: cannot be loaded (");
  CHECK_CONTAINS(plugin_findings("int other;\n"), "exports no symbol \"lws_chat\"");
  CHECK_CONTAINS(plugin_findings(unit::plugin_source("lws_chat", "lws_evlib_plugin")),
                 "is a plugin of class \"lws_evlib_plugin\"");
}

TEST(a_plugin_of_another_lws_names_both_numbers) {
  std::string ours = std::to_string(LWS_PLUGIN_API_MAGIC);
  CHECK_CONTAINS(plugin_findings(header_of(LWS_PLUGIN_API_MAGIC == 190 ? 191 : 190, LWS_PLUGIN_API_MAGIC == 190)),
                 "built for another libwebsockets (plugin API " +
                     std::string(LWS_PLUGIN_API_MAGIC == 190 ? "191" : "190") + ", this one has " + ours +
                     "): install the package built for this release");
  CHECK_CONTAINS(plugin_findings(header_of(5, false)),
                 "built for another libwebsockets (an unknown plugin API, this one has " + ours);
}

TEST(a_foreign_file_at_which_lws_stops_is_an_error) {
  std::string good = unit::plugin_source("lws_chat");
  CHECK_EQ(plugin_findings(good, "README"), "");
  CHECK_EQ(plugin_findings(good, "a-b"), "");
  CHECK_EQ(plugin_findings(good, "lib_backup_of_it~"), "");
  CHECK_CONTAINS(
      plugin_findings(good, "README-first.txt"),
      "README-first.txt: the part of its name after the first _ or - is too short, libwebsockets wants six letters");
  CHECK_CONTAINS(plugin_findings(good, "libfoo_something.so"), "libfoo_something.so: cannot be loaded (");
}
