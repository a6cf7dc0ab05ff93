#include "host/check/config_check.h"

#include <libwebsockets.h>
#include <unistd.h>

#include "support/config_findings.h"
#include "support/test_certificate.h"

using namespace unit;

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
           "conf:4:13: error: \"port\" is \"http\", expected a whole number from 1 to 65535\n"
           "conf:7:18: error: max-lag: \"1\" is out of range, expected 1024 to 1073741824 bytes\n"
           "conf:8:7: error: unknown option \"max-lags\" of lws-chat, did you mean \"max-lag\"?\n"
           "conf:9:17: error: mount without \"origin\", and libwebsockets requires it\n"
           "conf:9:33: error: mountpoint \"x\", expected a path that begins with /\n");
}

TEST(findings_come_in_the_order_of_the_files) {
  CHECK_EQ(findings(R"({"globl":{}})", vhost(kPlain + "," + kChat + ",\"x-y-z\":1")),
           "conf:1:2: error: unknown key \"globl\", did you mean \"global\"?\n"
           "conf.d/b:1:80: error: unknown key \"x-y-z\"\n");
}

TEST(a_finding_about_a_whole_file_has_no_line) {
  CHECK_EQ(describe({lws_chat::Severity::kWarning, "conf.d/x", 0, 0, "skipped"}), "conf.d/x: warning: skipped");
  CHECK_EQ(describe({lws_chat::Severity::kNote, "conf.d/x", 0, 0, "known"}), "conf.d/x: note: known");
}

TEST(a_key_in_the_wrong_place_is_an_error_that_names_the_right_one) {
  CHECK_EQ(in_vhost("\"init-ssl\":\"1\""), "conf:2:1: error: unknown key \"init-ssl\", it belongs in \"global\"\n");
  CHECK_EQ(in_vhost("\"origin\":\"1\""),
           "conf:2:1: error: unknown key \"origin\", it belongs in an entry of \"mounts\"\n");
}

TEST(values_of_a_wrong_type_are_errors) {
  CHECK_CONTAINS(in_vhost("\"interface\":{}"), "conf:2:13: error: \"interface\" is an object, expected a text");
  CHECK_CONTAINS(in_vhost("\"sts\":[]"), "conf:2:7: error: \"sts\" is an array, expected \"1\" or \"0\"");
  CHECK_CONTAINS(in_vhost("\"sts\":\"maybe\""), "conf:2:7: error: \"sts\" is \"maybe\", expected \"1\" or \"0\"");
  for (const char* value : {"5.5", "true", "-1", "4294967296"})
    CHECK_EQ(in_vhost("\"keepalive_timeout\":" + std::string(value)),
             "conf:2:21: error: \"keepalive_timeout\" is " + std::string(value) +
                 ", expected a whole number from 0 to 2147483647\n");
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

TEST(a_limit_of_open_files_that_libwebsockets_would_replace_is_an_error) {
  std::string others = "},\n" + vhost(kPlain + "," + kChat).substr(1);
  CHECK_EQ(findings("{\"global\":{\"rlimit-nofile\":10000000" + others), "");
  CHECK_EQ(findings("{\"global\":{\"rlimit-nofile\":1073741816" + others),
           "conf:1:28: error: \"rlimit-nofile\" is 1073741816, expected a whole number from 0 to 10000000\n");
}

TEST(the_address_of_a_vhost_has_scheme_host_and_port_or_the_socket) {
  auto listens = [](const std::string& members) {
    TempDir dir;
    dir.write("conf", vhost("\"name\":\"a\"," + members));
    return lws_chat::listening_address(check_config(dir.path(), good_plugins()).vhosts.at(0));
  };
  CHECK_EQ(listens(R"("port":80)"), "http *:80");
  CHECK_EQ(listens(R"("port":80,"interface":"127.0.0.1")"), "http 127.0.0.1:80");
  CHECK_EQ(listens(R"("port":80,"interface":"::1")"), "http [::1]:80");
  CHECK_EQ(listens(R"("unix-socket":"1","interface":"/run/a")"), "http /run/a");
}

TEST(numbers_and_flags_need_no_quotes) {
  for (const char* member : {"\"keepalive_timeout\":5", "\"keepalive_timeout\":\"5\"", "\"sts\":1", "\"sts\":false",
                             "\"sts\":\"ON\"", "\"sts\":\"off\"", "\"sts\":\"no\"", "\"sts\":\"true\""})
    CHECK_EQ(in_vhost(member), "");
}

TEST(a_bare_number_where_lws_wants_text_is_an_error) {
  CHECK_EQ(in_vhost("\"interface\":5"),
           "conf:2:13: error: \"interface\" is a number without quotes, and libwebsockets would append the next text "
           "to it: write \"5\"\n");
  CHECK_CONTAINS(in_chat("\"default\":true"), "conf:2:11: error: \"default\" is a flag without quotes");
  CHECK_CONTAINS(in_chat("\"max-lag\":4096"), ": write \"4096\"");
  CHECK_CONTAINS(in_vhost("\"headers\":[{\"a\":1}]"),
                 "conf:2:17: error: \"a\" in \"headers\" is a number without quotes");
}

TEST(an_interface_that_does_not_exist_is_an_error) {
  CHECK_CONTAINS(in_vhost("\"interface\":\"eth77\""), "error: interface \"eth77\" does not exist here");
}

TEST(user_and_group_must_exist_and_both_be_named) {
  if (geteuid() != 0) return;  // the next test is for other users
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
  CHECK_CONTAINS(said, "conf:1:12: error: \"username\" needs a server that root starts: remove it");
  CHECK_CONTAINS(said, "conf:1:30: error: \"groupname\" needs a server that root starts");
}

TEST(an_ipv4_interface_without_noipv6_is_an_error_because_lws_listens_everywhere) {
  CHECK_CONTAINS(in_vhost("\"interface\":\"127.0.0.1\""),
                 "error: with IPv6 on, libwebsockets would listen on all interfaces");
  CHECK_EQ(in_vhost("\"interface\":\"127.0.0.1\",\"noipv6\":\"1\""), "");
  CHECK_EQ(in_vhost("\"interface\":\"::1\""), "");
  CHECK_EQ(in_vhost("\"interface\":\"lo\""), "");
}

TEST(keys_that_this_libwebsockets_ignores_are_warnings) {
  std::string all =
      findings(R"({"global":{"ws-pingpong-secs":"5","count-threads":"2","ip-limit-ah":1},)" +
               vhost(kPlain + "," + kChat + ",\"access-log\":\"x\",\"ecdh-curve\":\"prime256v1\"").substr(1));
  CHECK_CONTAINS(all, "conf:1:12: warning: \"ws-pingpong-secs\": this libwebsockets (");
  CHECK_CONTAINS(all, "warning: \"ecdh-curve\": this libwebsockets (");
#ifndef LWS_WITH_ACCESS_LOG
  CHECK_CONTAINS(all, ") ignores it, built without access logs\n");
#endif
}

TEST(a_global_key_in_two_files_is_a_warning) {
  CHECK_EQ(findings("{\"global\":{\"uid\":1}," + vhost(kPlain + "," + kChat).substr(1), "{\"global\":{\"uid\":2}}"),
           "conf.d/b:1:12: warning: \"uid\" is set again, first at conf:1:12: the last one counts\n");
}
