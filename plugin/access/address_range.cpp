#include "access/address_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "wire/field.h"

namespace lws_chat {
namespace {

constexpr unsigned kV4Bits = 96;  // bits before the 32 of an IPv4 address

// Reads what proxies write: "192.0.2.1:4711", "[2001:db8::1]:4711" or an address alone. RFC 7239 section 6 allows
// quotes, too.
std::string_view without_port(std::string_view node) {
  node = trimmed(node);
  if (node.size() > 1 && node.front() == '"' && node.back() == '"') node = node.substr(1, node.size() - 2);
  if (!node.empty() && node.front() == '[') {
    size_t end = node.find(']');
    bool whole = end != std::string_view::npos && (end + 1 == node.size() || node[end + 1] == ':');
    return whole ? node.substr(1, end - 1) : std::string_view();
  }
  size_t colon = node.find(':');
  return colon == node.rfind(':') ? node.substr(0, colon) : node;
}

}  // namespace

bool AddressRange::has(const Address& address) const {
  for (unsigned bit = 0; bit < prefix; bit += 8) {
    unsigned rest = prefix - bit;
    auto mask = static_cast<uint8_t>(rest >= 8 ? 0xff : 0xff << (8 - rest));
    if ((address[bit / 8] & mask) != (first[bit / 8] & mask)) return false;
  }
  return true;
}

bool read_address(std::string_view text, Address& address) {
  std::string name(text);
  if (inet_pton(AF_INET6, name.c_str(), address.data()) == 1) return true;
  address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return inet_pton(AF_INET, name.c_str(), address.data() + kV4Bits / 8) == 1;
}

bool read_address_range(std::string_view text, AddressRange& range) {
  size_t slash = text.find('/');
  if (!read_address(text.substr(0, slash), range.first)) return false;
  range.prefix = 128;
  if (slash == std::string_view::npos) return true;
  bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  std::string_view bits = text.substr(slash + 1);
  auto [stop, error] = std::from_chars(bits.data(), bits.data() + bits.size(), range.prefix);
  if (error != std::errc() || stop != bits.data() + bits.size() || range.prefix > (v4 ? 32u : 128u)) return false;
  if (v4) range.prefix += kV4Bits;
  return true;
}

bool has(const std::vector<AddressRange>& ranges, const Address& address) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& range) { return range.has(address); });
}

bool is_loopback(const Address& address) {
  constexpr AddressRange kV4 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}, kV4Bits + 8};
  constexpr AddressRange kV6 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128};
  return kV4.has(address) || kV6.has(address);
}

bool client_behind(const std::vector<AddressRange>& proxies, const Address& peer, std::string_view forwarded_for,
                   Address& client) {
  client = peer;
  bool named = false;
  while (has(proxies, client)) {
    if (forwarded_for.empty()) return named;
    size_t comma = forwarded_for.rfind(',');
    size_t last = comma == std::string_view::npos ? 0 : comma + 1;
    if (!read_address(without_port(forwarded_for.substr(last)), client)) return false;
    named = true;
    forwarded_for = forwarded_for.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  return true;
}

}  // namespace lws_chat
