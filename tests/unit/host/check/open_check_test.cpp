#include "host/check/open_check.h"

#include <string>

#include "support/config_findings.h"
#include "support/unit.h"

using unit::findings;
using unit::notes;

namespace {

// A conf with a vhost that has these members, and these options of lws-chat. The options stand on line 2 from column 1.
std::string conf(const std::string& members, const std::string& options) {
  return unit::vhost(R"("name":"town",)" + members + R"("ws-protocols":[{"lws-chat":{"status":"ok")" + "\n" + options +
                     "}}]");
}

const std::string kEverywhere = R"("port":80,)";
const std::string kLoopback = R"("port":80,"interface":"127.0.0.1","noipv6":"1",)";

}  // namespace

TEST(an_open_vhost_is_a_warning_because_strangers_publish) {
  CHECK_EQ(findings(conf(kEverywhere, R"(,"open":"1")")),
           "conf:2:9: warning: vhost \"town\" lets strangers publish: everybody who can reach http *:80 may join every "
           "room and publish there; without \"open\" it serves this machine only\n");
  // A proxy may be in front of it.
  CHECK_CONTAINS(findings(conf(kLoopback, R"(,"open":"1")")), "lets strangers publish");
  CHECK_EQ(notes(conf(kEverywhere, R"(,"open":"1")")), "");
}

TEST(a_vhost_that_refuses_the_machines_that_reach_it_is_a_note) {
  std::string note =
      "conf:1:54: note: vhost \"town\" has no access rule, so it serves clients of this machine only; a token "
      "key or connect-url is a rule, and \"open\": \"1\" lets in everybody who can reach http *:80\n";
  CHECK_EQ(notes(conf(kEverywhere, "")), note);
  CHECK_EQ(notes(conf(kEverywhere, R"(,"open":"0")")), note);
  CHECK_EQ(findings(conf(kEverywhere, "")), "");
  CHECK_CONTAINS(notes(conf(kLoopback, R"(,"trusted-proxies":"127.0.0.1")")), "who can reach http 127.0.0.1:80\n");
}

TEST(nothing_is_noted_of_a_vhost_for_this_machine) {
  CHECK_EQ(notes(conf(kLoopback, "")), "");
  CHECK_EQ(notes(conf(R"("port":80,"interface":"::1",)", "")), "");
  CHECK_EQ(notes(conf(R"("port":80,"interface":"lo",)", "")), "");
  CHECK_EQ(notes(conf(R"("unix-socket":"1","interface":"/run/a",)", "")), "");
}

TEST(nothing_is_said_of_a_vhost_without_chat) {
  CHECK_EQ(notes(unit::vhost(R"("name":"a","port":80)")), "");
  std::string off = unit::vhost(R"("name":"a","port":80,"ws-protocols":[{"lws-chat":{"open":"1"}}])");
  CHECK_EQ(notes(off), "");
  CHECK_EQ(findings(off).find("strangers"), std::string::npos);
}

TEST(tokens_are_an_access_rule_but_let_strangers_publish_until_they_are_kept_out) {
  std::string tokens = R"(,"token-jwks-url":"https://example.org/keys")";
  CHECK_EQ(notes(conf(kEverywhere, tokens)), "");
  CHECK_CONTAINS(findings(conf(kEverywhere, tokens)), "lets strangers publish: clients without a token may join");
  for (const char* rule : {R"(,"anonymous":"0")", R"(,"may-publish":"users")", R"(,"may-join":"users")"})
    CHECK_EQ(findings(conf(kEverywhere, tokens + rule)), "");
  CHECK_CONTAINS(findings(conf(kEverywhere, tokens + R"(,"may-publish":"users","town/may-publish":"anyone")")),
                 "lets strangers publish");
}

TEST(where_a_back_end_is_asked_nobody_is_a_stranger) {
  CHECK_EQ(findings(conf(kEverywhere, R"(,"connect-url":"http://127.0.0.1:9000/connect")")), "");
}

TEST(an_open_vhost_where_only_users_publish_has_no_stranger_who_publishes) {
  CHECK_EQ(findings(conf(kEverywhere, R"(,"open":"1","may-publish":"nobody")")), "");
}
