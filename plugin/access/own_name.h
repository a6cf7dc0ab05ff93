#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lws_chat {

// The host of a Host field, without its port, in lower case: "example.org", "[::1]"; empty if it is none.
std::string host_in(std::string_view field);

// True if it is localhost or an address of the machine's loopback.
bool is_loopback_host(std::string_view host);

// True if the text is a name for server-names: a host without a port.
bool is_host(std::string_view text);

// Under which names a vhost may be asked for. A page whose own name leads to this server is of the same origin for a
// browser (DNS rebinding): only the name tells that it is a stranger's.
struct OwnNames {
  bool any = true;
  bool loopback = false;             // localhost, 127.0.0.0/8 and [::1] are among them
  std::vector<std::string> names{};  // in lower case

  // `field` is what the client has sent as Host.
  bool has(std::string_view field) const;
};

// `configured` are server-names. Without them a vhost has any name, unless it `listens_on_loopback` only and no proxy
// is in front of it: then its names are `vhost` and those of the loopback.
OwnNames own_names(const std::vector<std::string>& configured, std::string_view vhost, bool listens_on_loopback,
                   bool behind_proxy);

}  // namespace lws_chat
