#pragma once

#include <memory>
#include <string>
#include <vector>

#include "redis/poller.h"
#include "redis/socket_address.h"

namespace lws_chat {

// Looks up names of hosts, each in a thread of its own, because getaddrinfo() waits for name servers. A thread that
// waits for one that does not answer may outlive everything here.
class Lookup {
 public:
  struct Result {
    std::vector<SocketAddress> addresses;
    std::string problem;  // why there are none
  };

  // `waker` is used when a result has come.
  explicit Lookup(std::shared_ptr<PollerWaker> waker);
  ~Lookup();

  // Returns the addresses of a host. nullptr: they are not known yet, so ask again when the poller was woken. While a
  // thread looks the host up there is no second one. A result is given out once: it may be that of a question before.
  std::unique_ptr<Result> look_up(const std::string& host);

 private:
  struct Query;  // shared with its thread

  void start(const std::string& host);

  std::shared_ptr<PollerWaker> waker_;
  std::vector<std::shared_ptr<Query>> queries_;  // one for each host at most
};

}  // namespace lws_chat
