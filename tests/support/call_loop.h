#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "core/deferred.h"
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

// Waits for an answer that the source's thread brings: each wake-up of the loop delivers what has come.
template <typename Answer, typename Source>
Answer wait_for(lws_chat::Deferred<Answer> answer, Wakeup& wakeup, Source& source) {
  std::optional<Answer> got;
  answer.then([&](const Answer& reply) { got = reply; });
  while (!got) {
    wakeup.sleep();
    source.deliver();
  }
  return *got;
}

class CallLoop {
 public:
  explicit CallLoop(lws_chat::HttpCaller::Settings settings = {})
      : caller([this] { wakeup_.wake(); }, std::move(settings)) {}

  void turn() {
    wakeup_.sleep();
    caller.deliver();
  }

  lws_chat::HttpReply reply_to(lws_chat::HttpCall call) {
    return wait_for(caller.call(std::move(call)), wakeup_, caller);
  }

 private:
  Wakeup wakeup_;  // has to outlive the caller's thread

 public:
  lws_chat::HttpCaller caller;
};

}  // namespace unit
