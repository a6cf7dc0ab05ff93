#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// The host of a Host field, without its port, in lower case: "example.org", "[::1]". Empty: the field is malformed.
std::string host_in(std::string_view field);

// True for localhost and the addresses of the machine's loopback.
bool is_loopback_host(std::string_view host);

// The value of server-names, read once.
struct ServerNames {
  bool any = false;                  // "*"
  std::vector<std::string> hosts{};  // lower case

  bool empty() const { return !any && hosts.empty(); }

  // Adds a host without a port, or "*". Returns false if the word is neither.
  [[nodiscard]] bool add(std::string_view word);
};

// The host names that a request to a vhost may carry. They are the defence against DNS rebinding: a stranger's page
// whose name leads to this server has the same origin for a browser, so only the name gives it away.
struct OwnNames {
  bool any = true;
  bool loopback = false;             // also localhost, 127.0.0.0/8 and [::1]
  std::vector<std::string> hosts{};  // lower case

  // `field` is the client's Host field.
  bool has(std::string_view field) const;
};

// Without server-names a vhost has any name. The exception is a vhost that `listens_on_loopback` only and has no proxy
// in front of it: its names are `vhost` and those of the loopback.
OwnNames own_names(const ServerNames& configured, std::string_view vhost, bool listens_on_loopback, bool behind_proxy);

}  // namespace lws_chat
