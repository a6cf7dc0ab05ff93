#pragma once

#include <libwebsockets.h>

#include <memory>
#include <string>

#include "core/hub.h"
#include "core/options.h"

namespace lws_chat {

// A hub and the timer that flushes it. Vhosts of one context that name the same hub share one.
class SharedHub {
 public:
  // The hub of that name in the context, made if there is none; an empty name always makes one.
  // Sets `conflict` when `options` do not agree with those of the vhost that made it.
  static std::shared_ptr<SharedHub> of(lws_context* context, const Options& options, const char* vhost_name,
                                       std::string& conflict);

  SharedHub(lws_context* context, const Options& options, const char* vhost_name);
  ~SharedHub();
  SharedHub(const SharedHub&) = delete;
  SharedHub& operator=(const SharedHub&) = delete;

  Hub& hub() { return hub_; }

  // To be called after anything that may have given the hub something to send.
  void schedule_flush();

 private:
  struct Timer {
    lws_sorted_usec_list_t sul;
    SharedHub* owner;
  };

  static void on_timer(lws_sorted_usec_list_t* sul);
  void flush();

  lws_context* context_;
  Options options_;
  std::string vhost_name_;
  Hub hub_;
  Timer timer_{};
  Time scheduled_ = Hub::kNever;
};

}  // namespace lws_chat
