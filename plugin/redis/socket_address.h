#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <vector>

#include "redis/address.h"

namespace lws_chat {

// An address that a socket can connect to.
struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

// The address of a Unix socket, or of a host that is given by its number. Nothing: it is given by its name.
std::optional<SocketAddress> numeric_address(const RedisAddress& address);

// All addresses of a host, the best ones first. Returns why there is none. Waits for name servers.
[[nodiscard]] std::string find_addresses(const std::string& host, std::vector<SocketAddress>& found);

void set_port(SocketAddress& address, uint16_t port);

}  // namespace lws_chat
