#include "access/address_range.h"

#include <string>

#include "support/unit.h"

using namespace lws_chat;

namespace {

bool within(std::string_view range, std::string_view address) {
  AddressRange read;
  Address at{};
  CHECK(read_address_range(range, read));
  CHECK(read_address(address, at));
  return read.has(at);
}

}  // namespace

TEST(a_single_address_contains_only_itself) {
  CHECK(within("192.0.2.1", "192.0.2.1"));
  CHECK(!within("192.0.2.1", "192.0.2.0"));
  CHECK(within("::1", "::1"));
  CHECK(!within("::1", "::"));
}

TEST(a_prefix_counts_bits_from_the_front) {
  CHECK(within("10.0.0.0/8", "10.255.255.255"));
  CHECK(!within("10.0.0.0/8", "11.0.0.0"));
  CHECK(within("192.168.32.0/19", "192.168.63.255"));
  CHECK(!within("192.168.32.0/19", "192.168.64.0"));
  CHECK(within("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK(!within("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(within("192.0.2.7/32", "192.0.2.7"));
  CHECK(!within("192.0.2.6/31", "192.0.2.8"));
}

TEST(bits_after_the_prefix_do_not_matter) { CHECK(within("10.1.2.3/8", "10.9.9.9")); }

TEST(prefix_zero_contains_all_addresses_of_its_family) {
  CHECK(within("0.0.0.0/0", "203.0.113.9"));
  CHECK(!within("0.0.0.0/0", "2001:db8::1"));
  CHECK(within("::/0", "2001:db8::1"));
  CHECK(within("::/0", "203.0.113.9"));
}

TEST(an_ipv4_address_equals_its_ipv6_form) {
  CHECK(within("192.0.2.0/24", "::ffff:192.0.2.9"));
  CHECK(within("::ffff:192.0.2.0/120", "192.0.2.9"));
  CHECK(!within("::/96", "192.0.2.9"));
}

TEST(an_invalid_range_is_refused) {
  AddressRange range;
  for (const char* text : {"", "/", "/8", "localhost", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                           "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/8/8", "10.0.0.0/a", "::/129", "::1%lo",
                           ":::", "1.2.3.4.5", "256.0.0.1", "[::1]", "10.0.0.0/99999999999999999999"})
    if (read_address_range(text, range)) unit::report(__FILE__, __LINE__, text);
}

namespace {

AddressRange range(std::string_view text) {
  AddressRange range;
  CHECK(read_address_range(text, range));
  return range;
}

}  // namespace

TEST(a_list_contains_the_addresses_of_all_its_ranges) {
  std::vector<AddressRange> ranges = {range("127.0.0.0/8"), range("::1"), range("10.0.0.1")};
  Address at{};
  for (auto [address, in] : {std::pair("127.1.2.3", true), std::pair("::1", true), std::pair("10.0.0.1", true),
                             std::pair("10.0.0.2", false), std::pair("::2", false)}) {
    CHECK(read_address(address, at));
    CHECK_EQ(has(ranges, at), in);
  }
}

TEST(the_loopback_is_127_0_0_0_8_and_1_of_ipv6) {
  auto loopback = [](std::string_view text) {
    Address address{};
    CHECK(read_address(text, address));
    return is_loopback(address);
  };
  for (const char* text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}) CHECK(loopback(text));
  for (const char* text : {"126.0.0.1", "128.0.0.1", "0.0.0.0", "::", "::2", "::127.0.0.1", "7f00::1", "fe80::1"})
    CHECK(!loopback(text));
}

TEST(an_empty_list_contains_no_address) {
  Address at{};
  CHECK(read_address("127.0.0.1", at));
  CHECK(!has({}, at));
}

namespace {

// The client of the proxy 10.0.0.1, when 10.0.0.2 is a proxy, too. "": unknown.
std::string behind(std::string_view forwarded_for) {
  Address peer{};
  Address client{};
  CHECK(read_address("10.0.0.1", peer));
  if (!client_behind({range("10.0.0.1"), range("10.0.0.2")}, peer, forwarded_for, client)) return "";
  for (const char* name : {"192.0.2.7", "2001:db8::1", "10.0.0.1", "10.0.0.2"}) {
    Address known{};
    CHECK(read_address(name, known));
    if (known == client) return name;
  }
  return "?";
}

}  // namespace

TEST(the_client_is_the_last_address_that_is_not_a_proxy) {
  CHECK_EQ(behind("192.0.2.7"), "192.0.2.7");
  CHECK_EQ(behind("203.0.113.9, 192.0.2.7"), "192.0.2.7");
  CHECK_EQ(behind("203.0.113.9,192.0.2.7\t, 10.0.0.2"), "192.0.2.7");
  CHECK_EQ(behind("unknown, 2001:db8::1, 10.0.0.2, 10.0.0.1"), "2001:db8::1");
}

TEST(ports_brackets_and_quotes_around_an_address_are_ignored) {
  for (const char* node :
       {"192.0.2.7:4711", "\"192.0.2.7:4711\"", "\"192.0.2.7\"", "[192.0.2.7]:1", " 192.0.2.7:4711\t"})
    CHECK_EQ(behind(node), "192.0.2.7");
  for (const char* node :
       {"2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:443", "\"[2001:db8::1]:443\"", "\"[2001:db8::1]\""})
    CHECK_EQ(behind(node), "2001:db8::1");
  CHECK_EQ(behind("192.0.2.7:4711, 10.0.0.2:80"), "192.0.2.7");
}

TEST(a_client_that_its_proxy_does_not_name_is_unknown) {
  for (const char* nothing :
       {"", " ", ",", "192.0.2.7,", "unknown", "192.0.2.7, unknown", "192.0.2.7, _hidden", "[192.0.2.7", "192.0.2.7]",
        "[192.0.2.7]x", "\"192.0.2.7", "192.0.2.7 x", "192.0.2.7, :80"})
    if (!behind(nothing).empty()) unit::report(__FILE__, __LINE__, nothing);
}

TEST(a_proxy_without_a_client_is_the_client_itself) {
  CHECK_EQ(behind("10.0.0.2"), "10.0.0.2");
  CHECK_EQ(behind("10.0.0.1"), "10.0.0.1");
}

TEST(a_peer_that_is_not_a_proxy_is_the_client_itself) {
  Address peer{};
  Address client{};
  CHECK(read_address("192.0.2.7", peer));
  CHECK(client_behind({range("10.0.0.1")}, peer, "203.0.113.9", client) && client == peer);
  CHECK(client_behind({}, peer, "", client) && client == peer);
}
