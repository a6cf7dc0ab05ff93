#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// A server for one test: a thread accepts, and each connection is served by a thread of its own.
namespace unit {

class SmallServer {
 public:
  // `serve` gets the socket, which is closed when it returns. Without a path the server is on a free port of 127.0.0.1.
  explicit SmallServer(std::function<void(int)> serve, const std::string& socket_path = "");

  // Ends all connections.
  ~SmallServer();

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  size_t connections() const { return connections_; }  // since the start

 private:
  void accept_all();

  std::function<void(int)> serve_;
  int port_ = 0;
  int socket_;
  std::atomic<size_t> connections_{0};
  std::mutex lock_;
  std::vector<int> open_;  // guarded by lock_
  std::list<std::thread> threads_;
  std::thread accepting_;
};

// Returns a socket on a free port of 127.0.0.1. It does not listen yet, so clients are refused.
int bound_socket(int& port);

// Reads a request with its body from a connection. Empty: the client has gone.
std::string read_request(int connection);

void write_all(int connection, const std::string& bytes);

// Sends an HTTP/1.1 reply, after which the connection stays open.
void reply(int connection, const std::string& body, const std::string& status = "200 OK");

}  // namespace unit
