#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lws_chat {

// An address of IPv6, or of IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), in network order.
using Address = std::array<uint8_t, 16>;

// All addresses that have the first `prefix` bits in common.
struct AddressRange {
  Address first{};
  unsigned prefix = 128;  // bits

  bool has(const Address& address) const;
};

// Reads "192.0.2.1" or "::1"; a range may also be "10.0.0.0/8" or "2001:db8::/32". Returns false for other texts.
[[nodiscard]] bool read_address(std::string_view text, Address& address);
[[nodiscard]] bool read_address_range(std::string_view text, AddressRange& range);

bool has(const std::vector<AddressRange>& ranges, const Address& address);

// True for 127.0.0.0/8 and ::1.
bool is_loopback(const Address& address);

// Finds the client that speaks through trusted proxies. Each proxy appends its peer's address to X-Forwarded-For,
// perhaps with a port ("192.0.2.1:4711", "[2001:db8::1]:4711"), so the client is the last address there that is not a
// proxy's. A peer that is not a proxy is the client itself, because it can write anything into the field. Returns
// false if a proxy does not name its peer.
[[nodiscard]] bool client_behind(const std::vector<AddressRange>& proxies, const Address& peer,
                                 std::string_view forwarded_for, Address& client);

}  // namespace lws_chat
