#include "core/address_range.h"

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

TEST(a_single_address_is_itself_and_no_other) {
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

TEST(prefix_zero_is_everybody_of_its_kind) {
  CHECK(within("0.0.0.0/0", "203.0.113.9"));
  CHECK(!within("0.0.0.0/0", "2001:db8::1"));
  CHECK(within("::/0", "2001:db8::1"));
  CHECK(within("::/0", "203.0.113.9"));
}

TEST(an_address_of_ipv4_is_the_same_in_the_form_of_ipv6) {
  CHECK(within("192.0.2.0/24", "::ffff:192.0.2.9"));
  CHECK(within("::ffff:192.0.2.0/120", "192.0.2.9"));
  CHECK(!within("::/96", "192.0.2.9"));
}

TEST(what_is_no_range_is_not_read) {
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

TEST(an_address_is_in_a_list_if_it_is_in_one_of_its_ranges) {
  std::vector<AddressRange> ranges = {range("127.0.0.0/8"), range("::1"), range("10.0.0.1")};
  Address at{};
  for (auto [address, in] : {std::pair("127.1.2.3", true), std::pair("::1", true), std::pair("10.0.0.1", true),
                             std::pair("10.0.0.2", false), std::pair("::2", false)}) {
    CHECK(read_address(address, at));
    CHECK_EQ(has(ranges, at), in);
  }
}

TEST(nobody_is_in_an_empty_list) {
  Address at{};
  CHECK(read_address("127.0.0.1", at));
  CHECK(!has({}, at));
}
