#include "host/check/vhost_check.h"

#include <libwebsockets.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/config_findings.h"
#include "support/test_certificate.h"

using namespace unit;

TEST(a_vhost_needs_name_and_port) {
  CHECK_EQ(findings(vhost("\n" + kChat)),
           "conf:1:12: error: vhost without \"name\", expected the host name that clients use\n"
           "conf:1:12: error: vhost without \"port\", expected a whole number from 1 to 65535\n");
  CHECK_CONTAINS(findings(vhost("\"name\":\"\",\"port\":80")), "conf:1:20: error: empty \"name\"");
  for (const char* port : {"0", "65536", "-1", "\"0\""})
    CHECK_CONTAINS(findings(vhost("\"name\":\"a\",\"port\":" + std::string(port))), "conf:1:31: error: \"port\" is ");
}

TEST(a_unix_socket_needs_a_path_and_no_port) {
  std::string name = "\"name\":\"a\"," + kChat + ",\"unix-socket\":\"1\"";
  CHECK_EQ(findings(vhost(name + ",\"interface\":\"/run/a\"")), "");
  CHECK_CONTAINS(findings(vhost(name)), "error: \"unix-socket\" without \"interface\"");
  CHECK_CONTAINS(findings(vhost(name + ",\"interface\":\"/" + std::string(108, 'a') + "\"")),
                 "socket path of 109 bytes");
  CHECK_EQ(findings(vhost(name + ",\"interface\":\"/run/a\",\"port\":0")), "");
  CHECK_EQ(findings(vhost(name + ",\"interface\":\"@a\"")), "");
  CHECK_CONTAINS(findings(vhost(name + ",\"interface\":\"run/a\"")), "error: \"run/a\" is a relative path");
  CHECK_CONTAINS(findings(vhost(name + ",\"interface\":\"/run/a\",\"port\":80")),
                 "error: a vhost has either a \"port\" or a \"unix-socket\": remove one of them");
}

TEST(a_unix_socket_belongs_to_a_user_and_a_group_that_are_not_root) {
  std::string socket = "\"name\":\"a\"," + kChat + R"(,"unix-socket":"1","interface":"/run/a","unix-socket-perms":)";
  CHECK_EQ(findings(vhost(socket + "\"daemon:daemon\"")), "");
  for (const char* owner :
       {"daemon", "daemon:", ":daemon", "nosuchuser:daemon", "daemon:nosuchgroup", "root:daemon", "daemon:root"})
    CHECK_CONTAINS(
        findings(vhost(socket + "\"" + owner + "\"")),
        "error: \"unix-socket-perms\" is \"" + std::string(owner) + "\", expected an existing user and group");
}

TEST(two_vhosts_may_have_one_name_only_on_different_ports) {
  std::string first = vhost(kPlain + "," + kChat);
  CHECK_EQ(findings(first, vhost(R"("name":"a","port":81)")), "");
  CHECK_EQ(findings(first, vhost(R"("port":"80","name":"a")")),
           "conf.d/b:1:25: error: vhost \"a\" exists twice on port 80, first at conf:1:13: libwebsockets "
           "finds only the first; rename or remove one\n");
}

TEST(vhosts_on_one_port_are_a_warning) {
  auto named = [](const char* name, const char* interface) {
    return "\"name\":\"" + std::string(name) + "\",\"port\":80,\"noipv6\":\"1\",\"interface\":\"" + interface + "\"";
  };
  std::string first = vhost(named("a", "127.0.0.1") + "," + kChat);
  CHECK_EQ(findings(first, vhost(named("b", "127.0.0.1"))),
           "conf.d/b:1:24: warning: port 80 is also that of vhost \"a\" (conf:1:24): libwebsockets chooses by the Host "
           "field of a request, and uses \"a\" for unknown names\n");
  CHECK_EQ(
      findings(first, vhost(named("b", "127.0.0.2"))),
      "conf.d/b:1:24: warning: port 80 is also that of vhost \"a\" (conf:1:24) on another interface: libwebsockets "
      "chooses by port and Host only, so clients of one interface can ask for the vhost of the other; use "
      "another port\n");
  // The third one gets one warning, which names the first.
  std::string two = "{\"vhosts\":[{" + named("b", "127.0.0.1") + "},\n{" + named("c", "127.0.0.1") + "}]}";
  std::string said = findings(first, two);
  CHECK_CONTAINS(said, "conf.d/b:2:13: warning: port 80 is also that of vhost \"a\"");
  CHECK_EQ(std::count(said.begin(), said.end(), '\n'), 2);
}

TEST(a_relative_path_is_an_error) {
  CHECK_EQ(
      in_chat("\"api-key-file\":\"keys\""),
      "conf:2:16: error: \"keys\" is a relative path, and a service starts in the folder /: write an absolute path\n");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file://mount\""),
                 "conf:3:27: error: \"mount\" is a relative path");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\",\"basic-auth\":\"users\""),
                 "conf:3:52: error: \"users\" is a relative path");
  CHECK_CONTAINS(in_vhost("\"host-ssl-cert\":\"\",\"host-ssl-key\":\"/k\""),
                 "conf:2:17: error: an empty path, expected one that begins with /");
  CHECK_CONTAINS(findings("{\"global\":{\"plugin-dir\":\"plugins\"}}"),
                 "conf:1:25: error: \"plugins\" is a relative path");
}

TEST(an_unusable_key_file_is_an_error_that_names_the_option) {
  TempDir dir;
  mkfifo(dir.path("fifo").c_str(), 0600);
  dir.write("short", "short\n");
  for (const auto& [path, problem] : {std::pair{dir.path("none"), "missing, create it or correct the path"},
                                      {dir.path(), "is a folder: name a regular file"},
                                      {dir.path("fifo"), "is a FIFO: name a regular file"},
                                      {"/dev/zero", "is a device: name a regular file"},
                                      {dir.path("short"), "line 1: a key of 5 bytes, expected 16 to 200"}})
    CHECK_EQ(in_chat("\"api-key-file\":\"" + path + "\""),
             "conf:2:16: error: api-key-file " + path + ": " + problem +
                 " (the file has one key per line; 'openssl rand -hex 16' prints a key)\n");
}

TEST(files_and_urls_of_back_ends_are_checked) {
  TempDir dir;
  dir.write("secret", "Authorization: Bearer x\n");
  std::string path = dir.path("secret");
  chmod(path.c_str(), 0640);
  CHECK_EQ(in_chat("\"hook-headers-file\":\"" + path + "\""), "");
  chmod(path.c_str(), 0644);
  CHECK_EQ(in_chat("\"hook-headers-file\":\"" + path + "\""),
           "conf:2:21: error: hook-headers-file " + path +
               ": every user of this machine has rights to it: chmod o-rwx " + path + "\n");
  dir.write("nonsense", "x\n");
  chmod(dir.path("nonsense").c_str(), 0600);
  CHECK_CONTAINS(in_chat("\"hook-headers-file\":\"" + dir.path("nonsense") + "\""), "line 1: no colon");
  CHECK_CONTAINS(in_chat("\"hook-ca-file\":\"" + dir.path("none") + "\""), "missing, create it");
  CHECK_CONTAINS(in_chat("\"hook-ca-file\":\"" + dir.path("nonsense") + "\""), "has no certificate");
  CHECK_CONTAINS(in_chat("\"hook-ca-file\":\"ca\""), "\"ca\" is a relative path");
  CHECK_CONTAINS(in_chat("\"rpc-url\":\"back-end:80\""), "rpc-url: \"back-end:80\" is not a URL, expected http://");
  CHECK_CONTAINS(in_chat("\"typing/publish-hook\":\"1\""), "publish-hook is on, but publish-url is empty");
  CHECK_CONTAINS(in_chat("\"publish-url\":\"http://x/\",\"sub-refresh-hook\":\"1\""),
                 "sub-refresh-hook is on, but sub-refresh-url is empty");
  CHECK_EQ(in_chat("\"publish-url\":\"http://x/\",\"typing/publish-hook\":\"1\""), "");
}

TEST(a_configuration_without_vhosts_is_an_error_and_without_chat_a_warning) {
  TempDir dir;
  dir.write("conf", "{\"global\":{}}");
  CHECK_EQ(joined(check_config(dir.path(), good_plugins())),
           dir.path() + ": error: no file has a vhost, expected at least one in \"vhosts\"\n");
  CHECK_CONTAINS(findings(vhost(kPlain)), ": warning: no vhost serves lws-chat");
}

TEST(a_flag_that_cannot_be_turned_off_is_an_error) {
  CHECK_CONTAINS(in_vhost("\"disable-no-protocol-ws-upgrades\":\"0\""), "conf:2:35: error: libwebsockets turns ");
  CHECK_EQ(in_vhost("\"disable-no-protocol-ws-upgrades\":\"1\""), "");
}

// Mounts

TEST(a_mount_needs_a_known_origin) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"ftp://x\""),
                 "conf:3:27: error: \"ftp://x\" has no known scheme");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file://\""), "error: \"file://\" is incomplete");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file:///none\""),
                 "conf:3:27: error: cannot serve the directory /none (No such file or directory)");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"callback://other\""),
                 "conf:3:27: error: this vhost has no protocol \"other\", expected one from its ws-protocols");
  CHECK_EQ(in_mount("\"mountpoint\":\"/\",\"origin\":\"callback://lws-chat\""), "");
  CHECK_CONTAINS(in_vhost("\"mounts\":[{}]"), "conf:2:11: error: mount without \"mountpoint\"");
#ifndef LWS_WITH_CGI
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"cgi:///bin/x\""), "is built without CGI");
#endif
#ifndef LWS_WITH_HTTP_PROXY
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"http://x\""), "is built without the HTTP proxy");
#endif
}

TEST(lws_ddir_means_the_data_directory_of_lws) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\"file://_lws_ddir_/none-such\""),
                 "/share/none-such (No such");
}

TEST(a_mountpoint_is_a_path_that_no_other_mount_has) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"\",\"origin\":\">http://x\""),
                 "conf:3:14: error: mountpoint \"\", expected a path");
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/" + std::string(255, 'x') + "\",\"origin\":\">http://x\""),
                 "conf:3:14: error: mountpoint of 256 bytes");
  CHECK_EQ(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\"},\n{\"mountpoint\":\"/\",\"origin\":\">http://y\""),
           "conf:4:15: error: mountpoint \"/\" is already used at conf:3:1: keep one of them\n");
}

TEST(a_missing_login_file_is_an_error) {
  CHECK_CONTAINS(in_mount("\"mountpoint\":\"/\",\"origin\":\">http://x\",\"basic-auth\":\"/none\""),
                 "conf:3:52: error: /none: missing, create it or correct the path");
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
           "conf:3:1: error: \"host-ssl-cert\" without \"host-ssl-key\": TLS needs both\n");
  CHECK_EQ(tls.check("\"host-ssl-key\":\"" + tls.dir.path("key.pem") + "\""),
           "conf:3:1: error: \"host-ssl-key\" without \"host-ssl-cert\": TLS needs both\n");
  CHECK_CONTAINS(tls.check(tls.files(), "\"default-alpn\":\"http/1.1\""),
                 "conf:3:1: error: this vhost has a certificate, but TLS is off, so the port would be unencrypted: set "
                 "\"init-ssl\"");
}

TEST(a_key_that_every_user_can_read_is_a_warning) {
  TlsDir tls;
  chmod(tls.dir.path("key.pem").c_str(), 0644);
  CHECK_EQ(tls.check(tls.files()), "conf:4:16: warning: " + tls.dir.path("key.pem") +
                                       ": every user of this machine can read it: chmod o-r " +
                                       tls.dir.path("key.pem") + "\n");
}

TEST(a_missing_conf_is_one_error_without_others_about_its_settings) {
  TlsDir tls;
  tls.dir.write("conf.d/a", vhost(kPlain + "," + kChat + "," + tls.files()));
  CHECK_EQ(joined(check_config(tls.dir.path(), good_plugins())),
           "conf: error: missing in " + tls.dir.path() +
               ", and libwebsockets requires it: create it, with at least {\"global\": {}}\n");
}

TEST(a_certificate_error_has_the_place_of_the_faulty_file) {
  TlsDir tls;
  unit::TestCertificate().write_key(tls.dir.path("key.pem"));
  CHECK_EQ(tls.check(tls.files()), "conf:4:16: error: " + tls.dir.path("key.pem") +
                                       ": does not belong to the certificate in " + tls.dir.path("cert.pem") +
                                       ": name the key of this certificate\n");
  unlink(tls.dir.path("cert.pem").c_str());
  CHECK_EQ(tls.check(tls.files()),
           "conf:3:17: error: " + tls.dir.path("cert.pem") + ": missing, create it or correct the path\n");
  CHECK_CONTAINS(tls.check(tls.files() + ",\"ignore-missing-cert\":\"1\""), "conf:3:17: warning: ");
}

TEST(an_expired_certificate_is_an_error) {
  TlsDir tls(unit::TestCertificate(-7200, -3600));
  CHECK_CONTAINS(tls.check(tls.files()), "conf:3:17: error: " + tls.dir.path("cert.pem") + ": expired on ");
}

TEST(a_missing_authority_is_an_error) {
  TlsDir tls;
  CHECK_CONTAINS(tls.check(tls.files() + ",\n\"host-ssl-ca\":\"/none\""), "conf:5:15: error: /none: missing");
}

#ifdef LWS_ROLE_H2
TEST(h2_is_an_error_by_default_and_a_warning_when_alpn_names_it) {
  TlsDir tls;
  CHECK_CONTAINS(tls.check(tls.files() + ",\n\"alpn\":\"h2,http/1.1\""),
                 "conf:5:8: warning: \"alpn\" offers h2: HTTP/2 in this libwebsockets lets a hostile client crash ");
  CHECK_EQ(tls.check(tls.files() + ",\n\"alpn\":\"http/1.1\"", "\"init-ssl\":1"), "");
  CHECK_CONTAINS(tls.check(tls.files(), "\"init-ssl\":1"),
                 "conf:3:1: error: without \"alpn\" libwebsockets offers h2: HTTP/2 in this libwebsockets lets a "
                 "hostile client crash ");
  CHECK_CONTAINS(tls.check(tls.files(), "\"init-ssl\":1,\"default-alpn\":\"http/1.1, h2\""),
                 "conf:3:1: warning: \"default-alpn\" offers h2");
}
#endif

TEST(vhosts_on_one_port_must_agree_on_tls) {
  TlsDir tls;
  tls.dir.write("conf.d/b", vhost("\"name\":\"b\",\"port\":\"80\""));
  CHECK_EQ(tls.check(tls.files()),
           "conf.d/b:1:24: error: port 80 is plain here but TLS in vhost \"a\" (conf:2:12): vhosts on one "
           "port share its "
           "listener; use another port\n");
}

// Protocols

TEST(options_of_lws_chat_are_checked_with_the_option_table) {
  CHECK_EQ(in_chat("\"default\":\"1\", \"basic-auth\":\"/none\""), "");
  CHECK_CONTAINS(in_chat("\"ping-interval\":\"often\""),
                 "conf:2:17: error: ping-interval: \"often\" is not a whole number");
  CHECK_CONTAINS(in_chat("\"max-mesage\":\"1\""),
                 "conf:2:1: error: unknown option \"max-mesage\" of lws-chat, did you mean \"max-message\"?");
  CHECK_CONTAINS(in_chat("\"path\":[]"), "conf:2:8: error: \"path\" is not a text, expected text in double quotes");
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

TEST(an_option_that_lws_turns_on_by_its_presence_is_a_warning_when_off) {
  CHECK_CONTAINS(in_chat("\"default\":\"0\""),
                 "conf:2:1: warning: libwebsockets turns \"default\" on, whatever its value");
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

TEST(the_chat_plugin_provides_the_protocol_for_protobuf) {
  CHECK_EQ(findings(vhost(kPlain + R"(,"ws-protocols":[{"lws-chat":{"status":"ok"},"centrifuge-protobuf":{}}])")), "");
}

TEST(a_protocol_comes_once_in_a_vhost) {
  CHECK_EQ(findings(vhost(kPlain + R"(,"ws-protocols":[{"lws-chat":{"status":"ok"}},)" +
                          "\n{\"lws-chat\":{\"status\":\"ok\"}}]")),
           "conf:2:2: error: protocol \"lws-chat\" is named twice in this vhost: keep one\n");
}

TEST(vhosts_that_share_a_hub_must_agree_on_its_options) {
  auto shared = [](const char* name, const char* options) {
    return vhost("\"name\":\"" + std::string(name) + "\",\"port\":8" + (name[0] == 'a' ? "0" : "1") +
                 R"(,"ws-protocols":[{"lws-chat":{"status":"ok","hub":"h")" + options + "}}]");
  };
  CHECK_EQ(findings(shared("a", ""), shared("b", ",\"max-clients\":\"5\"")), "");
  CHECK_EQ(findings(shared("a", ""), shared("b", ",\"max-lag\":\"2048\"")),
           "conf.d/b:1:83: error: vhosts \"a\" (conf:1:77) and \"b\" share the hub \"h\" but differ in "
           "max-lag (1048576 and "
           "2048): set the same in both\n");
}

TEST(vhosts_that_share_a_hub_but_not_who_confirms_users_are_a_warning) {
  auto named = [](const std::string& name, const std::string& port, const std::string& options) {
    return vhost("\"name\":\"" + name + "\",\"port\":" + port +
                 R"(,"ws-protocols":[{"lws-chat":{"status":"ok","hub":"h")" + options + "}}]");
  };
  std::string asks = R"(,"connect-url":"http://127.0.0.1:9000/")";
  std::string open = R"(,"open":"1")";
  CHECK_CONTAINS(findings(named("a", "80", asks), named("b", "81", open)), "but only \"a\" confirms who a client is");
  CHECK_CONTAINS(findings(named("a", "80", open), named("b", "81", asks)), "a client of \"a\" can call itself what it");
  CHECK_EQ(findings(named("a", "80", asks), named("b", "81", "")), "");
  CHECK_EQ(findings(named("a", "80", asks), named("b", "81", asks)), "");
}
