#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lws_chat {

// An address of IPv6, or of IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), in network order.
using Address = std::array<uint8_t, 16>;

// Addresses that begin alike.
struct AddressRange {
  Address first{};
  unsigned prefix = 128;  // bits

  bool has(const Address& address) const;
};

// Reads "192.0.2.1", "10.0.0.0/8", "::1" or "2001:db8::/32". Returns false if it is none of these.
[[nodiscard]] bool read_address(std::string_view text, Address& address);
[[nodiscard]] bool read_address_range(std::string_view text, AddressRange& range);

bool has(const std::vector<AddressRange>& ranges, const Address& address);

// Who speaks through proxies: the last address in X-Forwarded-For that is not one of theirs, to which each proxy adds
// whom it heard, perhaps with a port: "192.0.2.1:4711", "[2001:db8::1]:4711". A peer that is no proxy can write there
// what it wants, so that it is nobody but itself. Returns false if a proxy does not say whom it heard.
[[nodiscard]] bool client_behind(const std::vector<AddressRange>& proxies, const Address& peer,
                                 std::string_view forwarded_for, Address& client);

}  // namespace lws_chat
