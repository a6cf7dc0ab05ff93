#include "support/small_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace unit {
namespace {

int socket_at(const std::string& path) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("bind " + path);
  return fd;
}

}  // namespace

int bound_socket(int& port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, any, size) != 0 || getsockname(fd, any, &size) != 0) throw std::runtime_error("no free port");
  port = ntohs(address.sin_port);
  return fd;
}

SmallServer::SmallServer(std::function<void(int)> serve, const std::string& socket_path)
    : serve_(std::move(serve)), socket_(socket_path.empty() ? bound_socket(port_) : socket_at(socket_path)) {
  if (listen(socket_, 1024) != 0) throw std::runtime_error("listen");
  accepting_ = std::thread([this] { accept_all(); });
}

SmallServer::~SmallServer() {
  shutdown(socket_, SHUT_RDWR);
  accepting_.join();
  close(socket_);
  {
    std::lock_guard<std::mutex> lock(lock_);
    for (int connection : open_) shutdown(connection, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void SmallServer::accept_all() {
  for (int connection; (connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    ++connections_;
    std::lock_guard<std::mutex> lock(lock_);
    open_.push_back(connection);
    threads_.emplace_back([this, connection] {
      serve_(connection);
      std::lock_guard<std::mutex> closing(lock_);
      open_.erase(std::find(open_.begin(), open_.end(), connection));
      close(connection);
    });
  }
}

std::string read_request(int connection) {
  std::string request;
  size_t whole = std::string::npos;
  while (request.size() < whole) {
    char bytes[65536];
    ssize_t got = recv(connection, bytes, sizeof bytes, 0);
    if (got <= 0) return "";
    request.append(bytes, static_cast<size_t>(got));
    size_t end = request.find("\r\n\r\n");
    if (whole != std::string::npos || end == std::string::npos) continue;
    size_t length = request.find("Content-Length: ");
    whole = end + 4 + (length < end ? std::stoul(request.substr(length + 16)) : 0);
  }
  return request;
}

void write_all(int connection, const std::string& bytes) {
  for (size_t sent = 0; sent < bytes.size();) {
    ssize_t count = send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<size_t>(count);
  }
}

void reply(int connection, const std::string& body, const std::string& status) {
  write_all(connection,
            "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace unit
