#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// The host of a Host field, without its port, in lower case: "example.org", "[::1]". Empty: the field is malformed.
std::string host_in(std::string_view field);

// The value of allowed-hosts, read once.
struct AllowedHosts {
  bool any = false;                  // "*"
  std::vector<std::string> hosts{};  // lower case

  bool empty() const { return !any && hosts.empty(); }

  // Adds a host without a port, or "*". Returns false if the word is neither.
  [[nodiscard]] bool add(std::string_view word);
};

// The hosts that a request to a vhost may name: localhost, every IP address, the vhost's name, and allowed-hosts. They
// are the defence against DNS rebinding: a stranger's page whose name leads to this server has the same origin for a
// browser, so only the name gives it away. An address never does harm, because such a page always has a name.
struct OwnNames {
  bool any = false;
  std::vector<std::string> hosts{};  // names, in lower case

  // `field` is the client's Host field.
  bool has(std::string_view field) const;
};

// `vhost` is the vhost's name. It does not count if it is no host name.
OwnNames own_names(const AllowedHosts& allowed, std::string_view vhost);

}  // namespace lws_chat
