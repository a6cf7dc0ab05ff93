#pragma once

#include <curl/curl.h>

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "hooks/http_caller.h"
#include "hooks/http_transfer.h"

namespace lws_chat {

// The thread that runs the transfers of an HttpCaller. Only put(), take_finished() and the constructor and destructor
// are for the other thread.
class HttpWorker {
 public:
  // Starts the thread. Throws std::system_error if there is none, std::bad_alloc if there is no memory.
  HttpWorker(const HttpCaller::Settings& settings, std::function<void()> wake);

  // Aborts all transfers and ends the thread.
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  // Takes the transfer over, the only one of the list.
  void put(HttpTransfer::List& transfer);

  // Moves the next finished transfer to `taken`. Returns false if there is none.
  [[nodiscard]] bool take_finished(HttpTransfer::List& taken);

 private:
  using List = HttpTransfer::List;
  using Clock = HttpTransfer::Clock;

  struct Server {
    List waiting;  // for a connection
    List running;
    // Connections that may be open at once. A name server that does not answer holds a thread for each of them, and
    // longer than the call takes, so then there is one at a time until a call gets further.
    size_t allowed = 0;
  };

  void run();
  void turn();
  [[nodiscard]] bool take_arrived();
  void start_waiting(Server& server, Clock::time_point now);
  void start(Server& server);
  void collect_finished();
  void finish(HttpTransfer& transfer, CURLcode result);
  void hand_over();
  void abort_all();
  int milliseconds_to_wait() const;

  const HttpCaller::Settings settings_;
  const std::function<void()> wake_;
  CURLM* multi_;
  std::map<std::string, Server> servers_;
  std::vector<CURL*> idle_;  // easy handles for further transfers
  List sorting_;             // arrived, but not yet at its server
  List finished_;            // not handed over yet

  std::mutex lock_;
  List arrived_;           // guarded by lock_
  List to_take_;           // guarded by lock_: finished
  bool woken_ = false;     // guarded by lock_: wake_ was called, and nothing was taken since
  bool stopping_ = false;  // guarded by lock_

  std::thread thread_;  // the last member: it uses all others
};

}  // namespace lws_chat
