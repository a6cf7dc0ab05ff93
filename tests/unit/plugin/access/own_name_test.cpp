#include "access/own_name.h"

#include "support/unit.h"

using namespace lws_chat;

namespace {

AllowedHosts names(const char* word) {
  AllowedHosts names;
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

TEST(a_vhost_is_localhost_each_address_and_its_name) {
  OwnNames own = own_names({}, "Chat.local");
  for (const char* host : {"localhost", "LOCALHOST:8000", "localhost.:80", "127.0.0.1:9000", "192.0.2.1", "[::1]",
                           "[2001:db8::1]:443", "chat.local", "chat.LOCAL:8443"})
    CHECK(own.has(host));
}

TEST(a_name_that_only_looks_like_an_own_one_is_foreign) {
  OwnNames own = own_names({}, "chat.local");
  for (const char* host : {"", "evil.example:8000", "localhost.evil.example", "127.evil.example",
                           "127.0.0.1.evil.example", "1.2.3", "1.2.3.4.5", "0x7f.0.0.1", "127.0.0.256", "a.chat.local",
                           "chat.local.evil.example", "chat", "::1", "[::1", "[evil.example]", "a b"})
    CHECK(!own.has(host));
}

TEST(allowed_hosts_come_on_top) {
  OwnNames own = own_names(names("Chat.example.org"), "chat");
  for (const char* host : {"chat.example.org:443", "CHAT.example.org.", "chat", "localhost", "192.0.2.1"})
    CHECK(own.has(host));
  for (const char* host : {"example.org", "a.chat.example.org", "evil.example", ""}) CHECK(!own.has(host));
}

TEST(the_name_of_a_vhost_that_is_no_host_name_does_not_count) {
  OwnNames own = own_names({}, "my chat:8000");
  CHECK(own.hosts.empty());
  CHECK(own.has("localhost") && !own.has("my chat:8000") && !own.has("my"));
}

TEST(a_star_means_any_name) {
  CHECK(own_names(names("*"), "x").has("evil.example"));
  CHECK(own_names(names("*"), "x").has(""));
}

TEST(allowed_hosts_are_hosts_without_a_port) {
  CHECK(AllowedHosts().empty() && !names("*").empty());
  CHECK_EQ(names("[2001:DB8::1]").hosts.at(0), "[2001:db8::1]");
  for (const char* bad : {"", "a:80", "a:", "a/b", "**", "*.a", "a."}) CHECK(!AllowedHosts().add(bad));
}
