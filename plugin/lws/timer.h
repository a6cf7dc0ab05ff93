#pragma once

#include <libwebsockets.h>

#include <functional>
#include <utility>

#include "core/log/message.h"
#include "lws/guard.h"

namespace lws_chat {

// One of lws's timers. It calls back once for each set(), through the guard. Its destructor cancels it. Only for few
// timers: lws keeps them in a list, which it walks to set one; see Alarms.
class Timer {
 public:
  // `what` names the work in the log when it fails.
  Timer(lws_context* context, const char* what, std::function<void()> work)
      : node_{{}, this}, context_(context), what_(what), work_(std::move(work)) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls back after `wait`, at least one microsecond. Replaces the time set before.
  void set(Time wait) { lws_sul_schedule(context_, 0, &node_.sul, on_time, wait > 0 ? wait : 1); }
  void cancel() { lws_sul_cancel(&node_.sul); }

 private:
  struct Node {
    lws_sorted_usec_list_t sul;
    Timer* owner;
  };

  static void on_time(lws_sorted_usec_list_t* sul) {
    Timer* self = reinterpret_cast<Node*>(sul)->owner;
    guarded(self->what_, self->work_);
  }

  Node node_;
  lws_context* context_;
  const char* what_;
  std::function<void()> work_;
};

}  // namespace lws_chat
