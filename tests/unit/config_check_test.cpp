#include "host/config_check.h"

#include <libwebsockets.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "support/config_dir.h"
#include "support/test_certificate.h"
#include "support/test_plugin.h"
#include "support/unit.h"

namespace {

using lws_chat::check_config;
using lws_chat::ConfigReport;
using lws_chat::describe;
using lws_chat::Finding;
using unit::TempDir;

const std::string& good_plugins() {
  static TempDir dir;
  static bool built = [] {
    unit::build_shared_object(dir, "libprotocol_lws_chat.so", unit::plugin_source("lws_chat"));
    return true;
  }();
  (void)built;
  return dir.path();
}

// A whole conf around one vhost with a chat, and pieces of it for texts that are wrong in one place.
const std::string kChat = R"("ws-protocols":[{"lws-chat":{"status":"ok"}}])";
const std::string kPlain = R"("name":"a","port":80)";
std::string vhost(const std::string& members) { return "{\"vhosts\":[{" + members + "}]}"; }

std::string joined(const ConfigReport& report) {
  std::string all;
  for (const Finding& finding : report.findings) all += describe(finding) + "\n";
  return all;
}

// All findings about one conf, a line each.
std::string findings(const std::string& conf) {
  TempDir dir;
  dir.write("conf", conf);
  return joined(check_config(dir.path(), good_plugins()));
}

// The same with a second file, conf.d/b.
std::string findings(const std::string& conf, const std::string& second) {
  TempDir dir;
  dir.write("conf", conf);
  dir.write("conf.d/b", second);
  return joined(check_config(dir.path(), good_plugins()));
}

// What is wrong with these members of a vhost that is otherwise fine. It is the second line, from column 1.
std::string in_vhost(const std::string& members) {
  return findings("{\"vhosts\":[{" + kPlain + "," + kChat + ",\n" + members + "}]}");
}

// The same for options of lws-chat, from column 1 of the second line.
std::string in_chat(const std::string& options) {
  return findings(vhost(kPlain + R"(,"ws-protocols":[{"lws-chat":{"status":"ok",)" + "\n" + options + "}}]"));
}

// The same for a mount.
std::string in_mount(const std::string& members) { return in_vhost("\"mounts\":[{\n" + members + "}]"); }

void check_contains(const std::string& text, const std::string& part, int line) {
  if (text.find(part) == std::string::npos) unit::report(__FILE__, line, "\"" + part + "\" is not in:\n" + text);
}
#define CHECK_CONTAINS(text, part) check_contains((text), (part), __LINE__)

}  // namespace

TEST(a_correct_configuration_has_no_findings) {
  TempDir dir;
  unit::TestCertificate certificate;
  dir.make_folder("web");
  certificate.write_certificate(dir.path("cert.pem"));
  certificate.write_key(dir.path("key.pem"));
  std::string conf = R"(# the whole server
{ "global": { "username": "www-data", "groupname": "www-data", "init-ssl": "yes", "default-alpn": "http/1.1", "timeout-secs": 10 } })";
  dir.write("conf", conf);
  std::string chat = R"({ "vhosts": [ { "name": "localhost", "port": "443", "sts": true,
    "host-ssl-cert": ")" +
                     dir.path("cert.pem") + R"(", "host-ssl-key": ")" + dir.path("key.pem") + R"(",
    "mounts": [ { "mountpoint": "/web", "origin": "file://)" +
                     dir.path("web") + R"(", "default": "index.html",
                  "cache-max-age": "60", "extra-mimetypes": { ".zip": "application/zip" } },
                { "mountpoint": "/", "origin": "callback://lws-chat" } ],
    "headers": [ { "x-frame-options": "deny" }, { "referrer-policy": "no-referrer" } ],
    "ws-protocols": [ { "lws-chat": { "status": "ok", "default": "1", "max-message": "1000", "raw": "1" } } ] },
    { "name": "localhost", "port": 80,
      "mounts": [ { "mountpoint": "/", "origin": ">https://localhost" } ] } ] })";
  dir.write("conf.d/chat", chat);
  ConfigReport report = check_config(dir.path(), good_plugins());
  CHECK_EQ(joined(report), "");
  CHECK(report.ok());
  CHECK_EQ(report.total_bytes, conf.size() + chat.size());
  CHECK_EQ(report.vhosts.size(), 2u);
  const lws_chat::VhostSummary& first = report.vhosts[0];
  CHECK_EQ(first.name, "localhost");
  CHECK_EQ(first.port, 443u);
  CHECK(first.tls && first.serves_chat && !first.unix_socket);
  CHECK_EQ(first.certificate, dir.path("cert.pem"));
  CHECK_EQ(first.key, dir.path("key.pem"));
  CHECK_EQ(first.chat.max_message, 1000u);
  CHECK_EQ(first.mounts.size(), 2u);
  CHECK_EQ(first.mounts[0], "/web -> file://" + dir.path("web"));
  CHECK(!report.vhosts[1].serves_chat && !report.vhosts[1].tls);
}

TEST(all_problems_are_reported_with_their_places) {
  CHECK_EQ(findings("{\n  \"vhosts\": [ {\n    \"name\": \"a\", \"prot\": 80,\n    \"port\": \"http\",\n"
                    "    \"ws-protocols\": [ { \"lws-chat\": {\n      \"status\": \"ok\",\n      \"max-lag\": \"1\",\n"
                    "      \"max-lags\": \"1\" } } ],\n    \"mounts\": [ { \"mountpoint\": \"x\" } ] } ] }\n"),
           "conf:3:18: error: unknown key \"prot\", did you mean \"port\"?\n"
           "conf:4:13: error: \"http\" is not a whole number, expected one from 0 for \"port\"\n"
           "conf:7:18: error: max-lag: \"1\" is out of range, expected 1024 to 1073741824 bytes\n"
           "conf:8:7: error: unknown option \"max-lags\" of lws-chat, did you mean \"max-lag\"?\n"
           "conf:9:17: error: mount without \"origin\", libwebsockets requires it\n"
           "conf:9:33: error: mountpoint \"x\", expected a path that begins with /\n");
}

TEST(findings_come_in_the_order_of_the_files) {
  CHECK_EQ(findings(R"({"globl":{}})", vhost(kPlain + "," + kChat + ",\"x-y-z\":1")),
           "conf:1:2: error: unknown key \"globl\", did you mean \"global\"?\n"
           "conf.d/b:1:80: error: unknown key \"x-y-z\"\n");
}

TEST(a_finding_about_a_whole_file_has_no_line) {
  CHECK_EQ(describe({lws_chat::Severity::kWarning, "conf.d/x", 0, 0, "skipped"}), "conf.d/x: warning: skipped");
}

// Files

TEST(a_missing_directory_is_an_error) {
  TempDir dir;
  CHECK_EQ(joined(check_config(dir.path("none"), good_plugins())),
           dir.path("none") +
               ": error: No such file or directory, expected the configuration directory: create it or "
               "give another one\n");
  dir.write("file", "");
  CHECK_CONTAINS(joined(check_config(dir.path("file"), good_plugins())), "not a directory");
}

TEST(a_missing_conf_is_an_error_and_a_missing_folder_is_none) {
  TempDir dir;
  dir.write("conf.d/a", vhost(kPlain + "," + kChat));
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           "conf: error: missing in " + dir.path() +
               ", libwebsockets requires it: create it, at least with {\"global\": {}}\n");
  CHECK_EQ(findings(vhost(kPlain + "," + kChat)), "");
}

TEST(a_directory_whose_path_lws_would_cut_is_an_error) {
  TempDir dir;
  std::string shorter = std::string(119 - dir.path().size() - 1, 'x');
  dir.write(shorter + "/conf", vhost(kPlain + "," + kChat));
  CHECK_EQ(joined(check_config(dir.path(shorter), good_plugins())), "");
  dir.write(shorter + "y/conf", vhost(kPlain + "," + kChat));
  CHECK_CONTAINS(joined(check_config(dir.path(shorter + "y"), good_plugins())),
                 "path of 120 bytes, libwebsockets cuts it off after 119");
}

TEST(a_file_name_that_lws_would_cut_is_an_error) {
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  std::string name(254 - dir.path("conf.d/").size(), 'x');
  dir.write("conf.d/" + name, "{\"global\":{}}");
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())), "");
  dir.write("conf.d/" + name + "y", "{\"global\":{}}");
  CHECK_CONTAINS(joined(check_config(dir.path(), good_plugins())), "path of 255 bytes");
}

TEST(entries_of_the_folder_that_lws_skips_are_named) {
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  dir.write("conf.d/backup~", "not read");
  dir.make_folder("conf.d/folder");
  std::filesystem::create_symlink(dir.path("conf"), dir.path("conf.d/link"));
  mkfifo(dir.path("conf.d/pipe").c_str(), 0600);
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           "conf.d/backup~: warning: libwebsockets skips names with '~': move it elsewhere, or rename it if "
           "it is meant "
           "to be read\n"
           "conf.d/folder: warning: libwebsockets skips sub-directories, expected regular files only\n"
           "conf.d/link: error: libwebsockets skips symbolic links; copy the file here or move the link "
           "elsewhere\n"
           "conf.d/pipe: warning: not a regular file, libwebsockets skips it\n");
}

TEST(whatever_lies_in_the_folder_is_read) {
  CHECK_CONTAINS(
      findings(vhost(kPlain + "," + kChat), "Put files here.\n"),
      "conf.d/b:1:1: error: unexpected 'Put', expected a value (text stands in double quotes); libwebsockets "
      "reads every file in conf.d, whatever its name: if this is no configuration, move it elsewhere");
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  for (const char* suffix : {".dpkg-old", ".bak", ".orig", ".rej", ".swp", ".save", ".dpkg-dist"})
    dir.write(std::string("conf.d/a") + suffix, "{\"global\":{}}");
  std::string all = joined(check_config(dir.path(), good_plugins()));
  CHECK_EQ(std::count(all.begin(), all.end(), '\n'), 7);
  CHECK_CONTAINS(all, "conf.d/a.dpkg-old: error: looks like a backup that libwebsockets would read too");
}

TEST(of_an_upgrade_that_dpkg_has_not_finished_one_line_says_how_to_finish_it) {
  TempDir dir;
  for (const char* name : {"conf", "conf.d/a", "conf.d/a.dpkg-new"})
    dir.write(name, name == std::string("conf") ? "{\"global\":{}}" : vhost(kPlain + "," + kChat));
  CHECK_EQ(
      joined(check_config(dir.path(), good_plugins())),
      "conf.d/a.dpkg-new: error: dpkg has put this here for an upgrade that is not finished, and libwebsockets reads "
      "it too: finish it (dpkg --configure -a), or move the file elsewhere\n");
}

TEST(empty_and_unreadable_files_are_errors) {
  CHECK_CONTAINS(findings(""), "conf: error: empty, expected a JSON object");
  CHECK_CONTAINS(findings(vhost(kPlain + "," + kChat), ""), "conf.d/b: error: empty");
  CHECK_CONTAINS(findings("# nothing\n"), "conf:1:1: error: nothing but blanks and comments");
  if (geteuid() == 0) return;  // root reads everything
  TempDir dir;
  dir.write("conf", "{}");
  chmod(dir.path("conf").c_str(), 0);
  CHECK_CONTAINS(joined(check_config(dir.path(), good_plugins())), "conf: error: cannot be read (Permission denied)");
}

TEST(a_syntax_error_does_not_hide_the_other_files) {
  std::string all = findings("{\"global\": {\"init-ssl\": \"1\",}}", vhost("\"port\":80"));
  CHECK_CONTAINS(all, "conf:1:28: error: unexpected ',' (a comma before } is not JSON)\n");
  CHECK_CONTAINS(all, "conf.d/b:1:12: error: vhost without \"name\"");
}

// The limits of lws's parser

TEST(the_top_has_to_be_an_object_with_something_in_it) {
  CHECK_CONTAINS(findings("[]"), "conf:1:1: error: expected an object { }");
  CHECK_CONTAINS(findings("{}"), "conf:1:1: error: libwebsockets takes an empty top object for an error");
}

TEST(nesting_is_limited) {
  std::string deep = "{\"a\":";
  for (int i = 0; i < 5; ++i) deep += "{\"a\":[";
  std::string end;
  for (int i = 0; i < 5; ++i) end += "]}";
  CHECK_EQ(findings(deep + "1" + end + "}").find("nested too deeply"), std::string::npos);
  CHECK_CONTAINS(findings(deep + "{\"a\":1}" + end + "}"),
                 "conf:1:36: error: nested too deeply, libwebsockets reads at "
                 "most 11 levels");
  // 5 in libwebsockets 4.1, 8 in 4.3.
  std::string most = std::to_string(LEJP_MAX_INDEX_DEPTH);
  CHECK_CONTAINS(findings("{\"a\":" + std::string(LEJP_MAX_INDEX_DEPTH + 1, '[') +
                          std::string(LEJP_MAX_INDEX_DEPTH + 1, ']') + "}"),
                 "conf:1:" + std::to_string(6 + LEJP_MAX_INDEX_DEPTH) + ": error: libwebsockets reads at most " + most +
                     " arrays inside each other");
}

TEST(the_path_of_a_key_is_limited) {
  std::string prefix = "vhosts[].ws-protocols[].lws-chat.";
  std::string longest(127 - prefix.size(), 'x');
  CHECK_EQ(in_chat("\"" + longest + "\":\"1\"").find("the path of this key"), std::string::npos);
  CHECK_CONTAINS(in_chat("\"" + longest + "x\":\"1\""),
                 "conf:2:1: error: the path of this key has 128 bytes, libwebsockets has room for 127: use a "
                 "shorter key");
}

TEST(a_text_is_limited_except_where_pieces_are_joined) {
  CHECK_EQ(in_chat("\"close-reply\":\"" + std::string(253, 'x') + "\""), "");
  CHECK_CONTAINS(in_chat("\"close-reply\":\"" + std::string(254, 'x') + "\""),
                 "conf:2:15: error: text of 254 bytes, libwebsockets reads at most 253 in one piece");
  CHECK_EQ(in_vhost("\"headers\":[{\"x-long\":\"" + std::string(1000, 'x') + "\"}]"), "");
  CHECK_EQ(in_mount("\"mountpoint\":\"/\",\"origin\":\">https://" + std::string(300, 'x') + "\""), "");
}

TEST(keys_with_dots_twins_and_nulls_are_errors) {
  CHECK_CONTAINS(in_vhost("\"headers\":[{\"a.b\":\"1\"}]"), "conf:2:13: error: the key \"a.b\" has a dot in it");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\",\"extra-mimetypes\":{\".tar.gz\":\"x\"}"),
                 "conf:3:58: error: the key \".tar.gz\" has a dot in it");
  CHECK_CONTAINS(in_vhost("\"sts\":1, \"sts\":0"),
                 "conf:2:10: error: \"sts\" is given twice in the same object, first at conf:2:1: keep one");
  CHECK_EQ(in_vhost("\"interface\":null"),
           "conf:2:13: error: null stands for nothing here, expected a value: remove the key\n");
}

// Keys and types

TEST(a_key_in_the_wrong_place_is_sent_to_the_right_one) {
  CHECK_EQ(in_vhost("\"init-ssl\":\"1\""), "conf:2:1: error: unknown key \"init-ssl\", it belongs into \"global\"\n");
  CHECK_EQ(in_vhost("\"origin\":\"1\""),
           "conf:2:1: error: unknown key \"origin\", it belongs into an entry of \"mounts\"\n");
}

TEST(values_of_a_wrong_type_are_errors) {
  CHECK_CONTAINS(in_vhost("\"interface\":{}"), "conf:2:13: error: \"interface\" is an object, expected a text");
  CHECK_CONTAINS(in_vhost("\"sts\":[]"), "conf:2:7: error: \"sts\" is an array, expected \"1\" or \"0\"");
  CHECK_CONTAINS(in_vhost("\"sts\":\"maybe\""),
                 "conf:2:7: error: \"maybe\" is neither on nor off, expected \"1\" or \"0\"");
  CHECK_CONTAINS(in_vhost("\"keepalive_timeout\":5.5"), "conf:2:21: error: 5.500000 is not a whole number");
  CHECK_CONTAINS(in_vhost("\"keepalive_timeout\":true"), "conf:2:21: error: a flag is not a whole number");
  CHECK_CONTAINS(in_vhost("\"mounts\":{}"), "conf:2:10: error: \"mounts\" is an object, expected an array of objects");
  CHECK_CONTAINS(in_vhost("\"mounts\":[1]"),
                 "conf:2:11: error: an entry of \"mounts\" is a number, expected an object");
  CHECK_CONTAINS(in_vhost("\"headers\":{\"a\":\"b\"}"),
                 "conf:2:11: error: \"headers\" is an object, expected an array");
  CHECK_CONTAINS(in_vhost("\"headers\":[{\"a\":[]}]"), "conf:2:17: error: \"a\" in \"headers\" is an array");
  CHECK_CONTAINS(findings("{\"global\":[]}"), "conf:1:11: error: \"global\" is an array, expected an object { }");
  CHECK_CONTAINS(findings("{\"vhosts\":{}}"),
                 "conf:1:11: error: \"vhosts\" is an object, expected an array of objects");
}

TEST(numbers_and_flags_may_stand_in_quotes_or_not) {
  for (const char* member : {"\"keepalive_timeout\":5", "\"keepalive_timeout\":\"5\"", "\"sts\":1", "\"sts\":false",
                             "\"sts\":\"ON\"", "\"sts\":\"off\"", "\"sts\":\"no\"", "\"sts\":\"true\""})
    CHECK_EQ(in_vhost(member), "");
}

TEST(a_bare_number_where_lws_wants_text_is_an_error) {
  CHECK_EQ(in_vhost("\"interface\":5"),
           "conf:2:13: error: \"interface\" is a number without quotes, which libwebsockets runs into the "
           "text that "
           "follows: write \"5\"\n");
  CHECK_CONTAINS(in_chat("\"default\":true"), "conf:2:11: error: \"default\" is a flag without quotes");
  CHECK_CONTAINS(in_chat("\"max-lag\":4096"), ": write \"4096\"");
  CHECK_CONTAINS(in_vhost("\"headers\":[{\"a\":1}]"),
                 "conf:2:17: error: \"a\" in \"headers\" is a number without quotes");
}

TEST(an_interface_that_is_not_there_is_an_error) {
  CHECK_CONTAINS(in_vhost("\"interface\":\"eth77\""), "error: there is no interface \"eth77\" here");
}

TEST(users_and_groups_have_to_exist_and_to_be_named_both) {
  if (geteuid() != 0) return;  // the next test
  auto global = [](const std::string& members) {
    return findings("{\"global\":{" + members + "},\n" + vhost(kPlain + "," + kChat).substr(1));
  };
  CHECK_CONTAINS(global("\"username\":\"nosuchuser\",\"groupname\":\"root\""),
                 "conf:1:23: error: user \"nosuchuser\" does not exist");
  CHECK_CONTAINS(global("\"groupname\":\"nosuchgroup\""), "error: group \"nosuchgroup\" does not exist");
  CHECK_CONTAINS(global("\"username\":\"root\""), "warning: \"username\" without \"groupname\"");
  CHECK_EQ(global("\"username\":\"root\",\"groupname\":\"root\""), "");
}

TEST(only_root_can_become_another_user) {
  TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  dir.write("conf",
            "{\"global\":{\"username\":\"root\",\"groupname\":\"root\"}," + vhost(kPlain + "," + kChat).substr(1));
  uid_t user = geteuid();
  if (user == 0 && seteuid(65534) != 0) return;
  std::string said = joined(check_config(dir.path(), good_plugins()));
  if (user == 0) CHECK_EQ(seteuid(user), 0);
  CHECK_CONTAINS(
      said, "conf:1:12: error: \"username\" is for a server that is started by root, which this is not: remove it");
  CHECK_CONTAINS(said, "conf:1:30: error: \"groupname\" is for a server that is started by root");
}

TEST(an_ipv4_interface_without_noipv6_is_an_error_because_lws_listens_everywhere) {
  CHECK_CONTAINS(in_vhost("\"interface\":\"127.0.0.1\""), "error: libwebsockets listens on all interfaces");
  CHECK_EQ(in_vhost("\"interface\":\"127.0.0.1\",\"noipv6\":\"1\""), "");
  CHECK_EQ(in_vhost("\"interface\":\"::1\""), "");
  CHECK_EQ(in_vhost("\"interface\":\"lo\""), "");
}

TEST(keys_this_libwebsockets_ignores_are_warnings) {
  std::string all =
      findings(R"({"global":{"ws-pingpong-secs":"5","count-threads":"2","ip-limit-ah":1},)" +
               vhost(kPlain + "," + kChat + ",\"access-log\":\"x\",\"ecdh-curve\":\"prime256v1\"").substr(1));
  CHECK_CONTAINS(all, "conf:1:12: warning: \"ws-pingpong-secs\": this libwebsockets (");
  CHECK_CONTAINS(all, "warning: \"ecdh-curve\": this libwebsockets (");
#ifndef LWS_WITH_ACCESS_LOG
  CHECK_CONTAINS(all, ") ignores it, built without access logs\n");
#endif
}

TEST(a_global_that_is_set_in_two_files_is_a_warning) {
  CHECK_EQ(findings("{\"global\":{\"uid\":1}," + vhost(kPlain + "," + kChat).substr(1), "{\"global\":{\"uid\":2}}"),
           "conf.d/b:1:12: warning: \"uid\" is set again, first at conf:1:12: the last one counts\n");
}

// Vhosts

TEST(a_vhost_needs_name_and_port) {
  CHECK_EQ(findings(vhost("\n" + kChat)),
           "conf:1:12: error: vhost without \"name\", expected the host name by which clients reach it\n"
           "conf:1:12: error: vhost without \"port\", expected 1 to 65535\n");
  CHECK_CONTAINS(findings(vhost("\"name\":\"\",\"port\":80")), "conf:1:20: error: empty \"name\"");
  for (const char* port : {"0", "65536", "\"0\""})
    CHECK_CONTAINS(findings(vhost("\"name\":\"a\",\"port\":" + std::string(port))),
                   " is out of range, expected 1 to 65535");
}

TEST(a_unix_socket_needs_a_path_and_no_port) {
  std::string name = "\"name\":\"a\"," + kChat + ",\"unix-socket\":\"1\"";
  CHECK_EQ(findings(vhost(name + ",\"interface\":\"/run/a\"")), "");
  CHECK_CONTAINS(findings(vhost(name)), "error: \"unix-socket\" without \"interface\"");
  CHECK_CONTAINS(findings(vhost(name + ",\"interface\":\"/" + std::string(108, 'a') + "\"")),
                 "socket path of 109 bytes");
  CHECK_EQ(findings(vhost(name + ",\"interface\":\"/run/a\",\"port\":0")), "");
  CHECK_CONTAINS(findings(vhost(name + ",\"interface\":\"/run/a\",\"port\":80")),
                 "error: a vhost has a \"port\" or a \"unix-socket\": remove one of them");
}

TEST(a_unix_socket_belongs_to_a_user_and_a_group_that_are_not_root) {
  std::string socket = "\"name\":\"a\"," + kChat + R"(,"unix-socket":"1","interface":"/run/a","unix-socket-perms":)";
  CHECK_EQ(findings(vhost(socket + "\"daemon:daemon\"")), "");
  for (const char* owner :
       {"daemon", "daemon:", ":daemon", "nosuchuser:daemon", "daemon:nosuchgroup", "root:daemon", "daemon:root"})
    CHECK_CONTAINS(findings(vhost(socket + "\"" + owner + "\"")),
                   "error: \"" + std::string(owner) + "\", expected a user and a group that exist");
}

TEST(a_name_may_come_twice_on_different_ports_only) {
  std::string first = vhost(kPlain + "," + kChat);
  CHECK_EQ(findings(first, vhost(R"("name":"a","port":81)")), "");
  CHECK_EQ(findings(first, vhost(R"("port":"80","name":"a")")),
           "conf.d/b:1:25: error: vhost \"a\" is there twice on port 80, first at conf:1:13: libwebsockets "
           "finds only the "
           "first, rename or remove one\n");
}

TEST(no_vhost_and_no_chat_are_told) {
  TempDir dir;
  dir.write("conf", "{\"global\":{}}");
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           dir.path() + ": error: no vhost in any file, expected at least one in \"vhosts\"\n");
  CHECK_CONTAINS(findings(vhost(kPlain)), ": warning: no vhost serves lws-chat");
}

TEST(a_flag_that_cannot_be_turned_off_is_an_error) {
  CHECK_CONTAINS(in_vhost("\"disable-no-protocol-ws-upgrades\":\"0\""), "conf:2:35: error: libwebsockets takes ");
  CHECK_EQ(in_vhost("\"disable-no-protocol-ws-upgrades\":\"1\""), "");
}

// Mounts

TEST(a_mount_needs_a_known_origin) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"ftp://x\""),
                 "conf:3:27: error: \"ftp://x\" has no known scheme");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file://\""), "error: \"file://\" leads nowhere");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file:///none\""),
                 "conf:3:27: error: cannot serve the directory /none (No such file or directory)");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"callback://other\""),
                 "conf:3:27: error: this vhost has no protocol \"other\" to call");
  CHECK_EQ(in_mount("\"mountpoint\":\"/\",\"origin\":\"callback://lws-chat\""), "");
  CHECK_CONTAINS(in_vhost("\"mounts\":[{}]"), "conf:2:11: error: mount without \"mountpoint\"");
#ifndef LWS_WITH_CGI
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"cgi:///bin/x\""), "is built without CGI");
#endif
#ifndef LWS_WITH_HTTP_PROXY
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"http://x\""), "is built without the HTTP proxy");
#endif
}

TEST(the_data_directory_of_lws_is_filled_in) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file://_lws_ddir_/none-such\""),
                 "/share/none-such (No such");
}

TEST(a_mountpoint_is_a_path_of_its_own) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"\",\"origin\":\">http://x\""),
                 "conf:3:14: error: mountpoint \"\", expected a path");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/" + std::string(255, 'x') + "\",\"origin\":\">http://x\""),
                 "conf:3:14: error: mountpoint of 256 bytes");
  CHECK_EQ(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\"},\n{\"mountpoint\":\"/\",\"origin\":\">http://y\""),
           "conf:4:15: error: mountpoint \"/\" is taken, first at conf:3:1: keep one in each vhost\n");
}

TEST(a_missing_login_file_is_an_error) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\",\"basic-auth\":\"/none\""),
                 "conf:3:52: error: cannot read /none (No such file or directory)");
}

// TLS

namespace {

struct TlsDir {
  TempDir dir;
  explicit TlsDir(const unit::TestCertificate& certificate = unit::TestCertificate()) {
    certificate.write_certificate(dir.path("cert.pem"));
    certificate.write_key(dir.path("key.pem"));
  }
  std::string files() const {
    return "\"host-ssl-cert\":\"" + dir.path("cert.pem") + "\",\n\"host-ssl-key\":\"" + dir.path("key.pem") + "\"";
  }
  // A vhost on the second line, its certificate on the third, its key on the fourth.
  std::string check(const std::string& members,
                    const std::string& global = R"("init-ssl":"1","default-alpn":"http/1.1")") {
    dir.write("conf", "{\"global\":{" + global + "},\"vhosts\":[{\n" + kPlain + "," + kChat + ",\n" + members + "}]}");
    return joined(check_config(dir.path(), good_plugins()));
  }
};

}  // namespace

TEST(tls_needs_certificate_key_and_init_ssl) {
  TlsDir tls;
  CHECK_EQ(tls.check(tls.files()), "");
  CHECK_EQ(tls.check("\"host-ssl-cert\":\"" + tls.dir.path("cert.pem") + "\""),
           "conf:3:1: error: \"host-ssl-cert\" without \"host-ssl-key\", TLS needs both\n");
  CHECK_EQ(tls.check("\"host-ssl-key\":\"" + tls.dir.path("key.pem") + "\""),
           "conf:3:1: error: \"host-ssl-key\" without \"host-ssl-cert\", TLS needs both\n");
  CHECK_CONTAINS(tls.check(tls.files(), "\"default-alpn\":\"http/1.1\""),
                 "conf:3:1: error: a certificate, but TLS is off, so this port would talk in the clear: set "
                 "\"init-ssl\"");
}

TEST(a_key_that_everybody_may_read_is_warned_of) {
  TlsDir tls;
  chmod(tls.dir.path("key.pem").c_str(), 0644);
  CHECK_EQ(tls.check(tls.files()), "conf:4:16: warning: " + tls.dir.path("key.pem") +
                                       " can be read by everybody on this machine: chmod o-r " +
                                       tls.dir.path("key.pem") + "\n");
}

TEST(what_conf_would_have_said_is_not_missed_where_conf_is_missing) {
  TlsDir tls;
  tls.dir.write("conf.d/a", vhost(kPlain + "," + kChat + "," + tls.files()));
  CHECK_EQ(joined(check_config(tls.dir.path(), good_plugins())),
           "conf: error: missing in " + tls.dir.path() +
               ", libwebsockets requires it: create it, at least with {\"global\": {}}\n");
}

TEST(certificate_problems_stand_at_the_file_they_are_about) {
  TlsDir tls;
  unit::TestCertificate().write_key(tls.dir.path("key.pem"));
  CHECK_EQ(tls.check(tls.files()), "conf:4:16: error: " + tls.dir.path("key.pem") +
                                       ": does not belong to the certificate in " + tls.dir.path("cert.pem") +
                                       ": name the one that was made with it\n");
  unlink(tls.dir.path("cert.pem").c_str());
  CHECK_EQ(tls.check(tls.files()),
           "conf:3:17: error: " + tls.dir.path("cert.pem") + ": missing, create it or correct the path\n");
  CHECK_CONTAINS(tls.check(tls.files() + ",\"ignore-missing-cert\":\"1\""), "conf:3:17: warning: ");
}

TEST(an_expired_certificate_is_an_error_at_its_place) {
  TlsDir tls(unit::TestCertificate(-7200, -3600));
  CHECK_CONTAINS(tls.check(tls.files()), "conf:3:17: error: " + tls.dir.path("cert.pem") + ": expired on ");
}

TEST(a_missing_authority_is_an_error) {
  TlsDir tls;
  CHECK_CONTAINS(tls.check(tls.files() + ",\n\"host-ssl-ca\":\"/none\""), "conf:5:15: error: cannot read /none");
}

#ifdef LWS_ROLE_H2
TEST(websockets_over_h2_are_a_warning) {
  TlsDir tls;
  CHECK_CONTAINS(tls.check(tls.files() + ",\n\"alpn\":\"h2,http/1.1\""),
                 "conf:5:8: warning: alpn offers h2: WebSocket over ");
  CHECK_EQ(tls.check(tls.files() + ",\n\"alpn\":\"http/1.1\"", "\"init-ssl\":1"), "");
  CHECK_CONTAINS(tls.check(tls.files(), "\"init-ssl\":1"),
                 "conf:3:1: warning: no \"alpn\", and libwebsockets then offers h2");
  CHECK_CONTAINS(tls.check(tls.files(), "\"init-ssl\":1,\"default-alpn\":\"http/1.1, h2\""),
                 "conf:3:1: warning: no \"alpn\", and default-alpn offers h2");
}
#endif

TEST(vhosts_on_one_port_agree_on_tls) {
  TlsDir tls;
  tls.dir.write("conf.d/b", vhost("\"name\":\"b\",\"port\":\"80\""));
  CHECK_EQ(tls.check(tls.files()),
           "conf.d/b:1:24: error: port 80 is plain here but TLS in vhost \"a\" (conf:2:12): vhosts on one "
           "port share its "
           "listener, use another port\n");
}

// Protocols

TEST(options_of_the_chat_are_judged_by_their_table) {
  CHECK_EQ(in_chat("\"default\":\"1\", \"basic-auth\":\"/none\""), "");
  CHECK_CONTAINS(in_chat("\"ping-interval\":\"often\""),
                 "conf:2:17: error: ping-interval: \"often\" is not a whole number");
  CHECK_CONTAINS(in_chat("\"max-mesage\":\"1\""),
                 "conf:2:1: error: unknown option \"max-mesage\" of lws-chat, did you mean \"max-message\"?");
  CHECK_CONTAINS(in_chat("\"path\":[]"), "conf:2:8: error: \"path\" is no text, expected text in double quotes");
  CHECK_CONTAINS(in_chat("\"max-message\":\"2\""), "conf:1:51: error: close-word is longer than max-message");
}

TEST(a_chat_that_is_not_enabled_is_a_warning) {
  std::string protocols = kPlain + ",\n\"ws-protocols\":[{\"lws-chat\":";
  CHECK_CONTAINS(findings(vhost(protocols + "{}}]")),
                 "conf:2:18: warning: \"lws-chat\" without \"status\": this vhost refuses every upgrade");
  CHECK_CONTAINS(findings(vhost(protocols + "{\"status\":\"off\"}}]")), "conf:2:39: warning: \"status\" is not \"ok\"");
  CHECK_CONTAINS(findings(vhost(protocols + "\"ok\"}]")),
                 "conf:2:29: error: protocol \"lws-chat\" is a text, expected an object { }");
}

TEST(a_presence_option_cannot_be_turned_off) {
  CHECK_CONTAINS(in_chat("\"default\":\"0\""),
                 "conf:2:1: warning: libwebsockets takes \"default\" for on, whatever its value");
}

TEST(other_protocols_need_a_plugin) {
  std::string conf =
      vhost(kPlain + ",\n\"ws-protocols\":[{\"lws-chat\":{\"status\":\"ok\"},\"lws-echo\":{\"x\":\"1\"}}]");
  CHECK_EQ(findings(conf),
           "conf:2:45: warning: no plugin in " + good_plugins() + " provides the protocol \"lws-echo\"\n");
  TempDir plugins;
  unit::build_shared_object(plugins, "libprotocol_lws_chat.so", unit::plugin_source("lws_chat"));
  unit::build_shared_object(plugins, "libprotocol_lws_echo.so", unit::plugin_source("lws_echo"));
  TempDir dir;
  dir.write("conf", conf);
  CHECK_EQ(joined(check_config(dir.path(), plugins.path())), "");
}

TEST(a_protocol_comes_once_in_a_vhost) {
  CHECK_EQ(findings(vhost(kPlain + R"(,"ws-protocols":[{"lws-chat":{"status":"ok"}},)" +
                          "\n{\"lws-chat\":{\"status\":\"ok\"}}]")),
           "conf:2:2: error: protocol \"lws-chat\" is named twice in this vhost: keep one\n");
}

TEST(vhosts_with_one_hub_agree_on_what_shapes_it) {
  auto shared = [](const char* name, const char* options) {
    return vhost("\"name\":\"" + std::string(name) +
                 R"(","port":80,"ws-protocols":[{"lws-chat":{"status":"ok","hub":"h")" + options + "}}]");
  };
  CHECK_EQ(findings(shared("a", ""), shared("b", ",\"max-clients\":\"5\"")), "");
  CHECK_EQ(findings(shared("a", ""), shared("b", ",\"max-lag\":\"2048\"")),
           "conf.d/b:1:83: error: vhosts \"a\" (conf:1:77) and \"b\" share the hub \"h\" but differ in "
           "max-lag (1048576 and "
           "2048): give both the same\n");
}

// Plugins

TEST(the_plugin_directory_is_the_override_or_the_configured_or_the_built_in_one) {
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
  for (const Finding& finding : report.findings) CHECK_EQ(finding.file, LWS_CHAT_DEFAULT_PLUGIN_DIR);
}

namespace {

// What is said of a plugin directory in which our plugin was compiled from this source.
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

TEST(a_plugin_that_is_cut_off_is_an_error_and_not_a_crash) {
  TempDir plugins;
  unit::build_shared_object(plugins, "libprotocol_lws_chat.so", unit::plugin_source("lws_chat"));
  CHECK(truncate((plugins.path() + "/libprotocol_lws_chat.so").c_str(), 5000) == 0);
  TempDir dir;
  dir.write("conf", vhost(kPlain + "," + kChat));
  CHECK_CONTAINS(joined(check_config(dir.path(), plugins.path())), "the file is cut off, copy or install it again");
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
  CHECK_CONTAINS(plugin_findings(good, "README-first.txt"),
                 "README-first.txt: libwebsockets wants at least six letters");
  CHECK_CONTAINS(plugin_findings(good, "libfoo_something.so"), "libfoo_something.so: cannot be loaded (");
}
