#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "hooks/http_caller.h"

namespace unit {

// What stands for the event loop of a server: a thread sleeps until it is woken.
class Wakeup {
 public:
  void wake() {
    std::lock_guard<std::mutex> lock(lock_);
    woken_ = true;
    woken_up_.notify_one();
  }

  void sleep() {
    std::unique_lock<std::mutex> lock(lock_);
    woken_up_.wait(lock, [this] { return woken_; });
    woken_ = false;
  }

 private:
  std::mutex lock_;
  std::condition_variable woken_up_;
  bool woken_ = false;  // guarded by lock_
};

class CallLoop {
 public:
  explicit CallLoop(lws_chat::HttpCaller::Settings settings = {})
      : caller([this] { wakeup_.wake(); }, std::move(settings)) {}

  void turn() {
    wakeup_.sleep();
    caller.deliver();
  }

  lws_chat::HttpReply reply_to(lws_chat::HttpCall call) {
    std::optional<lws_chat::HttpReply> got;
    caller.call(std::move(call)).then([&](const lws_chat::HttpReply& reply) { got = reply; });
    while (!got) turn();
    return *got;
  }

 private:
  Wakeup wakeup_;  // has to outlive the caller's thread

 public:
  lws_chat::HttpCaller caller;
};

}  // namespace unit
