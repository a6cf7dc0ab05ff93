#include "access/own_name.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

ServerNames names(const char* word) {
  ServerNames names;
  CHECK(names.add(word));
  return names;
}

}  // namespace

TEST(a_host_is_read_without_its_port_and_case) {
  CHECK_EQ(host_in("Example.ORG"), std::string("example.org"));
  CHECK_EQ(host_in("example.org:8000"), std::string("example.org"));
  CHECK_EQ(host_in("example.org.:80"), std::string("example.org"));
  CHECK_EQ(host_in("127.0.0.1:8000"), std::string("127.0.0.1"));
  CHECK_EQ(host_in("[2001:DB8::1]:8000"), std::string("[2001:db8::1]"));
  for (const char* bad :
       {"", ":80", "[::1", "[x]", "[::1]x", "a b", "a/b", "user@a", "a:b", "a:80:90", "bücher.example"})
    CHECK_EQ(host_in(bad), std::string());
}

TEST(the_names_of_loopback_are_its_addresses_and_localhost) {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.8.8", "[::1]"}) CHECK(is_loopback_host(host));
  for (const char* host :
       {"127.evil.example", "localhost.evil.example", "128.0.0.1", "0.0.0.0", "127.0.0.1.evil.example"})
    CHECK(!is_loopback_host(host));
}

TEST(a_public_vhost_without_server_names_has_any_name) {
  CHECK(own_names({}, "chat", false, false).has("anything.example:8443"));
  CHECK(own_names({}, "chat", false, false).has(""));
  OwnNames own = own_names(names("Chat.example.org"), "chat", false, false);
  CHECK(own.has("chat.example.org:443"));
  CHECK(!own.has("chat"));
  CHECK(!own.has("localhost"));
  CHECK(!own.has("evil.example"));
  CHECK(!own.has(""));
}

TEST(a_vhost_on_loopback_has_the_names_of_loopback_and_its_own) {
  OwnNames own = own_names({}, "chat.local", true, false);
  for (const char* host : {"localhost:8000", "127.0.0.1:9000", "[::1]", "chat.local", "LOCALHOST"})
    CHECK(own.has(host));
  for (const char* host : {"evil.example:8000", "", "localhost.evil.example", "a b"}) CHECK(!own.has(host));
  CHECK(own_names(names("dev.example"), "x", true, false).has("dev.example:8000"));
  CHECK(own_names(names("dev.example"), "x", true, false).has("localhost"));
}

TEST(a_vhost_behind_a_proxy_has_any_name) {
  CHECK(own_names({}, "x", true, true).has("chat.example.org"));
  CHECK(!own_names(names("chat.example.org"), "x", true, true).has("evil.example"));
}

TEST(a_star_means_any_name) { CHECK(own_names(names("*"), "x", true, false).has("evil.example")); }

TEST(server_names_are_hosts_without_a_port) {
  CHECK(ServerNames().empty() && !names("*").empty());
  CHECK_EQ(names("[2001:DB8::1]").hosts.at(0), "[2001:db8::1]");
  for (const char* bad : {"", "a:80", "a:", "a/b", "**", "*.a", "a."}) CHECK(!ServerNames().add(bad));
}
